"""The gcloud flags that say how large an instance is. Pure: a spec in, arguments out."""

from __future__ import annotations

from hipflask.cloudrun.spec import Billing, ServiceSpec


def sizing_flags(spec: ServiceSpec) -> tuple[str, ...]:
    """Return the flags of ``gcloud run deploy`` for CPU, memory, concurrency and billing.

    What decides whether Cloud Run accepts the size is said, not left to a default: the
    generation wherever only the first can run it, and the billing always.
    """
    flags = [f"--cpu={spec.cpu}", f"--memory={spec.memory}"]
    flags.append(f"--concurrency={spec.concurrency or 'default'}")
    if spec.effective_generation is not None:
        flags.append(f"--execution-environment={spec.effective_generation.value}")
    throttled = spec.billing is Billing.REQUEST
    flags.append("--cpu-throttling" if throttled else "--no-cpu-throttling")
    return tuple(flags)
