"""Cases of CPU, memory, requests, instances, uploads and money."""

from __future__ import annotations

from hipflask.cloudrun.quantities import Cpu, Duration, Memory
from hipflask.cloudrun.spec import Billing, ExecutionEnvironment, SecretRef
from hipflask.cloudrun.validate import Context
from tests.cloudrun.specs import GOOD, Case, spec, with_variables

GEN1, GEN2 = ExecutionEnvironment.GEN1, ExecutionEnvironment.GEN2
TENTH = {"cpu": Cpu(100), "memory": Memory.mebi(128), "concurrency": 1}

CPU = (
    Case("cpu-value", spec(cpu=Cpu(3000)), spec(cpu=Cpu(4000), memory=Memory.mebi(2048))),
    Case("cpu-value", spec(cpu=Cpu(1500)), spec(cpu=Cpu(2000))),
    Case("cpu-value", spec(cpu=Cpu(1001)), spec(cpu=Cpu(1000))),
    Case("cpu-value", spec(cpu=Cpu(79), concurrency=1), spec(cpu=Cpu(80), concurrency=1)),
    Case("cpu-value", spec(cpu=Cpu(5000)), spec(cpu=Cpu(6000), memory=Memory.mebi(4096))),
    Case("cpu-value", spec(cpu=Cpu(16000)), spec(cpu=Cpu(8000), memory=Memory.mebi(4096))),
    Case(
        "cpu-fraction-concurrency",
        spec(cpu=Cpu(999), concurrency=2),
        spec(cpu=Cpu(999), concurrency=1),
    ),
    Case(
        "cpu-fraction-concurrency",
        spec(cpu=Cpu(500), concurrency=None),
        spec(cpu=Cpu(1000), concurrency=None),
    ),
    Case(
        "cpu-fraction-concurrency",
        spec(cpu=Cpu(500), concurrency=0),
        spec(cpu=Cpu(500), concurrency=1),
    ),
    Case(
        "cpu-fraction-billing",
        spec(cpu=Cpu(500), concurrency=1, billing=Billing.INSTANCE),
        spec(cpu=Cpu(1000), concurrency=1, billing=Billing.INSTANCE),
    ),
    Case(
        "cpu-fraction-generation",
        spec(cpu=Cpu(500), concurrency=1, execution_environment=GEN2),
        spec(cpu=Cpu(500), concurrency=1, execution_environment=GEN1),
    ),
    Case(
        "cpu-region-limit",
        spec(region="asia-south2", cpu=Cpu(6000), memory=Memory.mebi(4096), workers=6),
        spec(region="asia-south2", cpu=Cpu(4000), memory=Memory.mebi(4096), workers=4),
    ),
    Case("cpu-unused", spec(cpu=Cpu(2000)), spec(cpu=Cpu(2000), workers=2)),
)

MEMORY = (
    Case(
        "memory-below-minimum",
        spec(memory=Memory.mebi(127)),
        spec(memory=Memory.mebi(128)),
    ),
    Case(
        "memory-below-minimum",
        spec(memory=Memory.mebi(511), execution_environment=GEN2),
        spec(memory=Memory.mebi(511), execution_environment=GEN1),
    ),
    Case(
        "memory-below-minimum",
        spec(memory=Memory.mebi(256), billing=Billing.INSTANCE, execution_environment=GEN1),
        spec(memory=Memory.mebi(512), billing=Billing.INSTANCE, execution_environment=GEN1),
    ),
    Case(
        "memory-above-cpu",
        spec(cpu=Cpu(333), memory=Memory.mebi(513), concurrency=1),
        spec(cpu=Cpu(333), memory=Memory.mebi(512), concurrency=1),
    ),
    Case(
        "memory-above-cpu",
        spec(cpu=Cpu(499), memory=Memory.mebi(1024), concurrency=1),
        spec(cpu=Cpu(500), memory=Memory.mebi(1024), concurrency=1),
    ),
    Case(
        "memory-above-cpu",
        spec(cpu=Cpu(999), memory=Memory.mebi(1025), concurrency=1),
        spec(cpu=Cpu(1000), memory=Memory.mebi(1025)),
    ),
    Case(
        "memory-above-cpu",
        spec(memory=Memory.mebi(4097)),
        spec(memory=Memory.mebi(4096)),
    ),
    Case(
        "memory-above-cpu",
        spec(cpu=Cpu(8000), memory=Memory.mebi(33 * 1024), workers=8),
        spec(cpu=Cpu(8000), memory=Memory.mebi(32 * 1024), workers=8),
    ),
    Case(
        "memory-below-cpu",
        spec(cpu=Cpu(4000), memory=Memory.mebi(2047), workers=4),
        spec(cpu=Cpu(4000), memory=Memory.mebi(2048), workers=4),
    ),
    Case(
        "memory-below-cpu",
        spec(cpu=Cpu(6000), memory=Memory.mebi(3 * 1024), workers=6),
        spec(cpu=Cpu(6000), memory=Memory.mebi(4 * 1024), workers=6),
    ),
    Case("memory-unit", spec(memory=Memory(512_000_000)), spec(memory=Memory.mebi(512))),
    Case(
        "memory-tight",
        spec(memory=Memory.mebi(128), workers=2),
        spec(memory=Memory.mebi(128), workers=1),
    ),
    Case(
        "memory-tight",
        spec(memory=Memory.mebi(256), workers=6),
        spec(memory=Memory.mebi(256), workers=5),
    ),
)

REQUESTS = (
    Case("concurrency-range", spec(concurrency=1001), spec(concurrency=1000)),
    Case("concurrency-range", spec(concurrency=-1), spec(concurrency=1)),
    Case("concurrency-unset", spec(concurrency=None), spec(concurrency=80)),
    Case("concurrency-unset", spec(concurrency=0), spec(concurrency=1)),
    Case(
        "concurrency-above-threads",
        spec(concurrency=17),
        spec(concurrency=16),
    ),
    Case(
        "concurrency-above-threads",
        spec(concurrency=80, workers=1, threads=40),
        spec(concurrency=80, workers=2, threads=40),
    ),
    Case("server-size", spec(workers=0), spec(workers=1)),
    Case("server-size", spec(threads=0), spec(threads=1)),
    Case("timeout-range", spec(timeout=Duration(3601)), spec(timeout=Duration(3600))),
    Case("timeout-range", spec(timeout=Duration(0)), spec(timeout=Duration(1))),
    Case(
        "timeout-behind-hosting",
        spec(timeout=Duration(61)),
        spec(timeout=Duration(60)),
        Context(behind_hosting=True),
    ),
    Case("port-range", spec(port=65536), spec(port=65535)),
    Case("port-range", spec(port=0), spec(port=1)),
)

INSTANCES = (
    Case("instances-range", spec(min_instances=-1), spec(min_instances=0)),
    Case("instances-range", spec(max_instances=0), spec(max_instances=1)),
    Case("instances-order", spec(min_instances=4), spec(min_instances=3)),
    Case(
        "instances-order",
        spec(min_instances=101, max_instances=None),
        spec(min_instances=100, max_instances=None),
    ),
    Case("instances-above-quota", spec(max_instances=101), spec(max_instances=100)),
    Case("instances-unbounded", spec(max_instances=None), spec(max_instances=100)),
    Case(
        "instances-parallel",
        spec(max_instances=5, concurrency=1),
        spec(max_instances=6, concurrency=1),
    ),
    Case(
        "instances-parallel",
        spec(max_instances=1, **TENTH),
        spec(max_instances=6, **TENTH),
    ),
)

MONEY = (
    Case("cost-minimum-instances", spec(min_instances=1), spec(min_instances=0)),
    Case("cost-instance-billing", spec(billing=Billing.INSTANCE), spec(billing=Billing.REQUEST)),
    Case("cost-region-tier", spec(region="us-west2"), spec(region="us-west1")),
    Case(
        "cost-secrets",
        spec(secrets={**GOOD.secrets, **{f"S{n}": SecretRef(f"s-{n}") for n in range(5)}}),
        spec(secrets={**GOOD.secrets, **{f"S{n}": SecretRef(f"s-{n}") for n in range(4)}}),
    ),
)

MIB = 1024**2
UPLOADS = (
    Case(
        "upload-limit",
        with_variables(MAX_CONTENT_LENGTH=str(32 * MIB + 1)),
        with_variables(MAX_CONTENT_LENGTH=str(32 * MIB)),
    ),
    Case(
        "upload-memory",
        with_variables(MAX_CONTENT_LENGTH=str(17 * MIB)),
        with_variables(MAX_CONTENT_LENGTH=str(16 * MIB)),
    ),
)

CASES = (*CPU, *MEMORY, *REQUESTS, *INSTANCES, *MONEY, *UPLOADS)
