"""Every port moves by the offset, and the gateway's own addresses with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hipflask.errors import ConfigError
from hipflask.local.config import ApiConfig, AuthConfig, ExternalConfig, ProjectConfig
from hipflask.local.config.moved_ports import with_ports_moved
from hipflask.local.project import Project


def test_every_port_moves() -> None:
    moved = with_ports_moved(ProjectConfig(), 100)
    assert moved.api_url == "http://127.0.0.1:54421"
    assert moved.db.port == 54422
    assert (moved.local_smtp.port, moved.local_smtp.smtp_port) == (54424, 54425)
    assert moved.identity_port == 54426
    assert moved.auth.site_url == ProjectConfig().auth.site_url


def test_addresses_of_the_gateway_move() -> None:
    config = replace(
        ProjectConfig(),
        api=ApiConfig(external_url="http://localhost:54321"),
        auth=AuthConfig(external_url="https://auth.example.com:54321/auth/v1"),
    )
    moved = with_ports_moved(config, 1)
    assert moved.api.external_url == "http://localhost:54322"
    assert moved.auth.external_url == "https://auth.example.com:54321/auth/v1"


def test_nothing_moves_by_nothing() -> None:
    config = ProjectConfig()
    assert with_ports_moved(config, 0) is config


def test_port_beyond_the_last() -> None:
    with pytest.raises(ConfigError, match=r"smtp_port would be 65536") as caught:
        with_ports_moved(ProjectConfig(), 65_536 - 54_325)
    assert str(65_535 - 54_325) in (caught.value.hint or "")
    stood_in = AuthConfig(external={"google": ExternalConfig(enabled=True)})
    with pytest.raises(ConfigError, match="DevIdentityProvider"):
        with_ports_moved(replace(ProjectConfig(), auth=stood_in), 65_535 - 54_325)


def project(root: Path) -> Project:
    (root / "supabase").mkdir(parents=True)
    (root / "supabase/config.toml").write_text("", encoding="utf-8")
    return Project(root)


def test_file_from_elsewhere_means_the_folders_files(tmp_path: Path) -> None:
    usual = project(tmp_path / "shop")
    (usual.supabase / "mail.html").write_text("hello", encoding="utf-8")
    other = tmp_path / "elsewhere" / "x.toml"
    other.parent.mkdir()
    other.write_text(
        '[auth.email.template.recovery]\nsubject = "s"\ncontent_path = "./supabase/mail.html"\n',
        encoding="utf-8",
    )
    config = ProjectConfig.of(usual.beside(other, 7), {})
    assert config.project_id == "shop"
    assert config.auth.email.template["recovery"].content_path == usual.supabase / "mail.html"
    assert config.api.port == 54328


def test_each_instance_has_a_state_of_its_own(tmp_path: Path) -> None:
    usual = project(tmp_path / "shop")
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    states = {
        usual.state,
        usual.beside(None, 1).state,
        usual.beside(None, 2).state,
        usual.beside(tmp_path / "config.toml", 1).state,
    }
    assert len(states) == 4
    assert usual.beside(usual.supabase / "config.toml", 0) == usual
    assert all(state.is_relative_to(usual.root / ".hipflask") for state in states)
