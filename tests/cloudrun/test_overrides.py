from __future__ import annotations

import pytest

from hipflask.cloudrun.overrides import overridden
from hipflask.cloudrun.quantities import Cpu, Memory
from hipflask.cloudrun.spec import Billing, ServiceSpec
from hipflask.errors import ConfigError

NAMES = {
    "cpu": "--cpu",
    "memory": "--memory",
    "concurrency": "--concurrency",
    "max_instances": "--max-instances",
    "billing": "--billing",
    "region": "--region",
}
SHOP = ServiceSpec(name="shop", max_instances=3)


def test_what_is_said_changes_and_the_rest_stays() -> None:
    given = {
        "cpu": "500m",
        "memory": "1Gi",
        "concurrency": "40",
        "max_instances": "7",
        "billing": "instance",
        "region": "europe-west1",
    }
    changed = overridden(SHOP, given, names=NAMES)
    assert (changed.cpu, changed.memory) == (Cpu(500), Memory.mebi(1024))
    assert (changed.concurrency, changed.max_instances) == (40, 7)
    assert (changed.billing, changed.region) == (Billing.INSTANCE, "europe-west1")
    assert changed.name == "shop"
    assert overridden(SHOP, {}, names=NAMES) == SHOP


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("cpu", "much", "--cpu is 'much', but must be vCPUs such as 1"),
        ("memory", "512", "--memory is '512', but must be a size with its unit"),
        ("concurrency", "-1", "--concurrency is '-1', but must be a whole number."),
        ("max_instances", "２", "--max-instances is '２', but must be a whole number."),
        ("billing", "hour", """--billing is 'hour', but must be "request" or "instance"."""),
    ],
)
def test_what_is_wrong_is_named_as_it_was_typed(field: str, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        overridden(SHOP, {field: text}, names=NAMES)
    assert said in raised.value.message


def test_all_mistakes_come_at_once() -> None:
    with pytest.raises(ConfigError) as raised:
        overridden(SHOP, {"cpu": "x", "memory": "y"}, names=NAMES)
    assert len(raised.value.message.splitlines()) == 2
