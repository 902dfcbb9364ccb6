"""Providers without a client id are stood in for."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.errors import ConfigError
from hipflask.local.config import ProjectConfig

GOOGLE = "[auth.external.google]\nenabled = true\n"
FROM_ENV = GOOGLE + 'client_id = "env(G_ID)"\nsecret = "env(G_SECRET)"\n'


def load(folder: Path, text: str, **environ: str) -> ProjectConfig:
    path = folder / "config.toml"
    path.write_text(text, encoding="utf-8")
    return ProjectConfig.load(path, environ)


@pytest.mark.parametrize("text", [GOOGLE, GOOGLE + 'client_id = ""', FROM_ENV])
def test_without_client_id(tmp_path: Path, text: str) -> None:
    config = load(tmp_path, text)
    assert config.stand_ins == ("google",)
    assert config.identity_port == 54326
    assert config.warnings == ()


def test_real_client_id(tmp_path: Path) -> None:
    config = load(tmp_path, FROM_ENV, G_ID="1234", G_SECRET="s")
    assert config.stand_ins == ()
    assert config.warnings == ()


def test_client_id_without_its_secret_is_named(tmp_path: Path) -> None:
    config = load(tmp_path, FROM_ENV, G_ID="1234")
    assert config.stand_ins == ()
    assert [each for each in config.warnings if "G_SECRET, which is not set" in each]


def test_switched_off(tmp_path: Path) -> None:
    assert load(tmp_path, FROM_ENV.replace("true", "false")).stand_ins == ()
    assert load(tmp_path, "[auth]\nenabled = false\n" + FROM_ENV).stand_ins == ()
    assert load(tmp_path, FROM_ENV.replace("true", "false")).warnings == ()


@pytest.mark.parametrize("extra", ["[local_smtp]\nport = 54326", "[api]\nport = 65534"])
def test_its_port_must_be_free_and_exist(tmp_path: Path, extra: str) -> None:
    with pytest.raises(ConfigError, match="DevIdentityProvider"):
        load(tmp_path, f"{GOOGLE}\n{extra}\n")
    load(tmp_path, extra)
