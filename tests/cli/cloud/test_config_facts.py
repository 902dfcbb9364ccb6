"""What is compared of supabase/config.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.cli.cloud.config_facts import find_config
from hipflask.cloudrun.doctor.facts import Cause, LocalConfig, Template, Unseen
from hipflask.local.project import Project

STARTER = Project(Path(__file__).parents[3] / "starter")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a file yet."""
    (tmp_path / "supabase/templates").mkdir(parents=True)
    return Project(tmp_path)


def read(project: Project, text: str) -> LocalConfig:
    project.config_file.write_text(text, encoding="utf-8")
    found = find_config(project, {})
    assert isinstance(found, LocalConfig), found
    return found


def test_the_starter_links_by_hash() -> None:
    found = find_config(STARTER, {})
    assert isinstance(found, LocalConfig)
    modes = {name: mode for name, mode in found.templates.items() if name != "reauthentication"}
    assert set(modes.values()) == {Template.TOKEN_HASH}
    assert found.templates["reauthentication"] is Template.CODE
    assert (found.smtp_host, found.database_version) == ("", 17)


def test_a_template_through_supabase(project: Project) -> None:
    (project.supabase / "templates/recovery.html").write_text(
        '<a href="{{ .ConfirmationURL }}">Reset</a>', encoding="utf-8"
    )
    text = '[auth.email.template.recovery]\ncontent_path = "./supabase/templates/recovery.html"\n'
    assert read(project, text).templates == {"recovery": Template.CONFIRMATION_URL}


def test_providers(project: Project) -> None:
    text = (
        "[auth]\nenable_anonymous_sign_ins = true\n"
        '[auth.external.github]\nenabled = true\nclient_id = "an-id"\nsecret = "a-secret"\n'
        "[auth.external.gitlab]\nenabled = false\n"
    )
    assert read(project, text).auth.providers == {"email", "anonymous_users", "github"}


@pytest.mark.parametrize(("enabled", "host"), [("true", "smtp.example.com"), ("false", "")])
def test_mail_server(project: Project, enabled: str, host: str) -> None:
    text = f'[auth.email.smtp]\nenabled = {enabled}\nhost = "smtp.example.com"\n'
    assert read(project, text).smtp_host == host


def test_a_malformed_file_is_said_with_its_line(project: Project) -> None:
    project.config_file.write_text("[auth\n", encoding="utf-8")
    found = find_config(project, {})
    assert isinstance(found, Unseen)
    assert found.cause is Cause.FAILED
    assert "line 1" in found.reason


def test_no_file(project: Project) -> None:
    found = find_config(project, {})
    assert isinstance(found, Unseen)
    assert found.cause is Cause.NOT_ASKED
