"""Who may import whom: the picture of docs/architecture/rooms.md, as a test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.architecture.imports import Import, imports_of, room

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/hipflask"

MAY_IMPORT = {
    "": {"kit", "protocol", "errors"},  # hipflask/__init__.py, the public names
    "errors": set(),
    "protocol": {"errors"},
    "kit": {"protocol", "errors"},
    "local": {"protocol", "errors"},
    "cloudrun": {"protocol", "errors"},
    "scaffold": {"errors"},
    "testing": {"local", "protocol", "errors"},
    "cli": {"local", "cloudrun", "scaffold", "testing", "protocol", "errors"},
}

# The services (auth, mailbox) are blind to each other and to the server's processes; mailers,
# backend and stack compose them. The rest is what a project has and how one listens.
LOCAL_MAY_IMPORT = {
    "": set(),
    "project": set(),
    "config": {"project"},
    "signing_keys": set(),
    "keys": {"project", "config", "signing_keys"},
    "control": set(),
    "stack_state": {"project", "control"},
    "stack_log": {"project"},
    "ports": {"postgres"},
    "http_server": {"ports"},
    "postgres": {"project", "config"},
    "migrations": {"project", "config", "postgres"},
    "key_ring": {"keys"},
    "auth": {"config", "keys", "key_ring"},
    "storage": {"config", "keys", "key_ring"},
    "mailbox": {"config", "project"},
    "identity": set(),
    "gateway": {"config", "keys"},
    "mailers": {"auth", "mailbox"},
    "backend": {
        *("project", "config", "keys", "key_ring", "auth", "storage"),
        *("mailbox", "mailers", "gateway"),
    },
    "stack": {
        *("project", "config", "keys", "postgres", "migrations", "control"),
        *("stack_state", "stack_log"),
        *("ports", "http_server", "mailbox", "identity", "gateway", "backend"),
    },
}

KIT_NEEDS = {
    *("flask", "werkzeug", "jinja2", "markupsafe", "click", "blinker"),  # Flask's own
    *("psycopg", "psycopg_pool", "jwt", "cryptography", "urllib3", "msgspec"),
}


def crossings(root: Path, package: str, depth: int) -> list[tuple[str, str, Import]]:
    """Return (importing room, imported room, import) for every import across rooms."""
    found = []
    prefix = ".".join(package.split(".")[:depth])
    for item in imports_of(root, package):
        if item.module != prefix and not item.module.startswith(prefix + "."):
            continue
        source, target = room(item.importer, depth), room(item.target, depth)
        if source != target and (root / target).exists() | (root / f"{target}.py").exists():
            found.append((source, target, item))
    return found


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_room_imports_only_what_it_may(name: str) -> None:
    wrong = [
        f"{item.place} imports {item.target}"
        for source, target, item in crossings(SOURCE, "hipflask", 1)
        if source == name and target and target not in MAY_IMPORT[name]
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", LOCAL_MAY_IMPORT)
def test_local_services_are_blind_to_each_other(name: str) -> None:
    wrong = [
        f"{item.place} imports {item.target}"
        for source, target, item in crossings(SOURCE / "local", "hipflask.local", 2)
        if source == name and target and target not in LOCAL_MAY_IMPORT[name]
    ]
    assert not wrong, "\n".join(wrong)


def test_every_room_has_a_rule() -> None:
    rooms = {path.stem for path in SOURCE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert rooms - {"__init__", "__pycache__", "py"} <= set(MAY_IMPORT)
    services = {
        path.stem
        for path in (SOURCE / "local").iterdir()
        if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    }
    assert services - {"__init__", "__pycache__"} <= set(LOCAL_MAY_IMPORT)


@pytest.mark.parametrize("name", ["kit", "protocol", "errors"])
def test_production_needs_no_extra(name: str) -> None:
    allowed = KIT_NEEDS | sys.stdlib_module_names | {"hipflask"}
    wrong = [
        f"{item.place} imports {item.module}"
        for item in imports_of(SOURCE, "hipflask")
        if room(item.importer, 1) == name and item.module.split(".")[0] not in allowed
    ]
    assert not wrong, "\n".join(wrong)


def test_protocol_is_pure() -> None:
    wrong = [
        f"{item.place} imports {item.module}"
        for item in imports_of(SOURCE, "hipflask")
        if room(item.importer, 1) == "protocol"
        and item.module.split(".")[0] in {"flask", "socket", "urllib3", "psycopg", "subprocess"}
    ]
    assert not wrong, "\n".join(wrong)


def test_starter_imports_only_public_names() -> None:
    import hipflask

    wrong = [
        f"{item.place} imports {item.target}"
        for item in imports_of(ROOT / "starter/app", "app")
        if item.module.split(".")[0] == "hipflask"
        and (item.module != "hipflask" or item.name not in hipflask.__all__)
    ]
    assert not wrong, "\n".join(wrong)


def test_starter_tests_use_the_public_names_and_the_plugin() -> None:
    import hipflask
    import hipflask.testing

    public = {"hipflask": set(hipflask.__all__), "hipflask.testing": set(hipflask.testing.__all__)}
    wrong = [
        f"{item.place} imports {item.target}"
        for item in imports_of(ROOT / "starter/tests", "tests")
        if item.module.split(".")[0] == "hipflask"
        and item.name not in public.get(item.module, set()) | {"testing"}
    ]
    assert not wrong, "\n".join(wrong)


def test_a_forbidden_import_is_seen(tmp_path: Path) -> None:
    """The rules above would notice: on a toy tree, also through a relative import."""
    for folder in ("kit", "local"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "__init__.py").write_text("")
    (tmp_path / "local/keys.py").write_text("def load():\n    from ..kit import sessions\n")
    (tmp_path / "kit/sessions.py").write_text("from hipflask.local.keys import load\n")
    seen = {(source, target) for source, target, _ in crossings(tmp_path, "hipflask", 1)}
    assert seen == {("local", "kit"), ("kit", "local")}
