"""The stack runs the DevIdentityProvider when a provider has no client id."""

from __future__ import annotations

import json
import os
import urllib.request
from pathlib import Path

import pytest

from hipflask.local.config import ProjectConfig
from hipflask.local.project import Project
from hipflask.local.stack import Stack, Step
from tests.cli.conftest import make_project


@pytest.mark.parametrize("client_id", ["", "1234"])
def test_stack_stands_in(tmp_path: Path, client_id: str) -> None:
    small = make_project(tmp_path / "small")
    with (small.root / "supabase/config.toml").open("a", encoding="utf-8") as file:
        file.write(
            '[auth.external.google]\nenabled = true\nclient_id = "env(G_ID)"\nsecret = "x"\n'
        )
    project = Project.find(small.root)
    config = ProjectConfig.load(project.config_file, {"G_ID": client_id})
    steps: list[Step] = []
    environ = {"PATH": os.environ["PATH"]}
    with Stack(project, config, environ=environ, on_step=steps.append, durable=False) as stack:
        url = stack.addresses.identity
        notes = [step.note for step in steps if step.name == "DevIdentityProvider"]
        if client_id:
            assert (url, notes) == ("", [])
            return
        assert notes == ["stands in for google: no client id"]
        assert url == f"http://127.0.0.1:{config.identity_port}"
        document = f"{url}/google/.well-known/openid-configuration"
        with urllib.request.urlopen(document, timeout=20) as answer:
            assert json.load(answer)["issuer"] == f"{url}/google"
