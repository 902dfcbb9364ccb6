"""`requirements.lock`: everything that the image installs, by hash, and no more."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from hipflask.scaffold.constraints import locked_versions
from tests.container.dockerfile import STARTER

ROOT = Path(__file__).parents[2]
LOCK = (STARTER / "requirements.lock").read_text(encoding="utf-8")
LOCKED = locked_versions(STARTER / "requirements.lock")


def test_each_package_has_a_hash() -> None:
    blocks = re.findall(r"(?m)^[a-z0-9-]+==.*(?:\n {4}.*)*", LOCK)
    assert len(blocks) == len(LOCKED) > 10
    assert not [block for block in blocks if "--hash=sha256:" not in block]


def test_holds_what_hipflask_and_the_starter_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [re.split(r"[\[>=<;]", each)[0] for each in project["dependencies"]]
    assert set(needed) <= set(LOCKED)
    pinned = re.findall(
        r"(?m)^([\w-]+)==([\w.]+)", (STARTER / "requirements.txt").read_text(encoding="utf-8")
    )
    assert {name: version for name, version in pinned if name != "hipflask"}.items() <= (
        LOCKED.items()
    )


def test_holds_nothing_of_development() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    tools = {re.split(r"[\[>=<;]", each)[0] for each in (*extras["local"], *extras["dev"])}
    # cryptography is PyJWT's need, too; the stack only wants a newer one.
    assert set(LOCKED) & tools == {"cryptography", "gunicorn"}
    assert "hipflask" not in LOCKED  # it comes from wheels/, never from an index


def test_same_versions_as_the_stack_on_a_laptop() -> None:
    local = locked_versions(ROOT / "requirements/local.txt")
    assert {name: version for name, version in LOCKED.items() if name in local} == {
        name: version for name, version in local.items() if name in LOCKED
    }
    assert LOCKED["gunicorn"] == locked_versions(ROOT / "requirements/dev.txt")["gunicorn"]
