"""A project changes its signing key: tokens that are out stay good until the old key goes."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt

from hipflask.local.config import AuthConfig, ProjectConfig
from hipflask.local.project import Project
from hipflask.local.stack import Stack
from tests.cli.conftest import make_project
from tests.local.test_signing_keys import es256, hs256, public, rs256


class Rotation:
    """One project, started anew with each list of keys."""

    def __init__(self, folder: Path) -> None:
        self._project = Project.find(make_project(folder / "small").root)
        self._path = folder / "keys.json"

    def start(self, *jwks: dict[str, Any]) -> Stack:
        self._path.write_text(json.dumps(jwks), encoding="utf-8")
        config = ProjectConfig.of(self._project, {})
        auth: AuthConfig = replace(config.auth, signing_keys_path=self._path)
        environ = {"PATH": os.environ["PATH"]}
        return Stack(self._project, replace(config, auth=auth), environ=environ, durable=False)


def ask(stack: Stack, path: str, body: object = None, token: str = "") -> tuple[int, Any]:
    headers = {"apikey": stack.keys.publishable_key, "Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{stack.addresses.api}/auth/v1{path}", data, headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def sign_in(stack: Stack) -> str:
    body = {"email": "ada@example.com", "password": "a long password"}
    status, answer = ask(stack, "/token?grant_type=password", body)
    if status == 400:
        _, answer = ask(stack, "/signup", body)
    return str(answer["access_token"])


def algorithm(token: str) -> str:
    return str(jwt.get_unverified_header(token)["alg"])


def published(stack: Stack) -> list[str]:
    keys = ask(stack, "/.well-known/jwks.json")[1]["keys"]
    assert all(key["key_ops"] == ["verify"] and not {"d", "k"} & set(key) for key in keys)
    return [key["alg"] for key in keys]


def test_rotation(tmp_path: Path) -> None:
    rotation = Rotation(tmp_path)
    elliptic, rsa, shared = es256(), rs256(), hs256()
    with rotation.start(elliptic, {**rsa, "key_ops": ["verify"]}) as stack:
        first = sign_in(stack)
        assert algorithm(first) == "ES256"
        assert published(stack) == ["ES256", "RS256"]  # the next key is known beforehand
    with rotation.start(rsa, public(elliptic)) as stack:
        second = sign_in(stack)
        assert algorithm(second) == "RS256"
        assert published(stack) == ["RS256", "ES256"]
        assert ask(stack, "/user", token=first)[0] == 200
    with rotation.start(shared, {**rsa, "key_ops": ["verify"]}) as stack:
        third = sign_in(stack)
        assert algorithm(third) == "HS256"
        assert published(stack) == ["RS256"]
        assert ask(stack, "/user", token=third)[0] == 200
        assert ask(stack, "/user", token=second)[0] == 200
        status, answer = ask(stack, "/user", token=first)
        assert (status, answer["error_code"]) == (403, "bad_jwt")
    with rotation.start(elliptic) as stack:
        assert ask(stack, "/user", token=third)[0] == 403
        assert published(stack) == ["ES256"]
