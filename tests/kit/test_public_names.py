"""What ``import hipflask`` promises, and what it costs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import hipflask

PROMISED = {
    "Bucket",
    "Claims",
    "Database",
    "FormPart",
    "HipFlask",
    "Link",
    "LinkResult",
    "ObjectEntry",
    "ObjectInfo",
    "ObjectPage",
    "Settings",
    "SignUp",
    "StepUp",
    "Transaction",
    "Transform",
    "UploadTicket",
    "User",
    "api",
    "api_login_required",
    "api_user",
    "csrf_exempt",
    "current_user",
    "display_name",
    "errors",
    "flash",
    "form_parts",
    "gettext",
    "lazy_gettext",
    "login_required",
    "ngettext",
    "object_name",
    "recent_sign_in_required",
    "require_csrf_token",
    "safe_next",
    "second_factor_required",
    "use_language",
    "without_metadata",
}


def modules_after(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the modules that it has imported."""
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_the_public_names_are_these() -> None:
    assert set(hipflask.__all__) == PROMISED
    assert set(dir(hipflask)) >= PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_every_public_name_is_there_and_explained(name: str) -> None:
    assert getattr(hipflask, name).__doc__ or name.endswith("_user")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = hipflask.nonsense


def test_importing_the_package_imports_nothing_else() -> None:
    loaded = modules_after("import hipflask")
    assert not loaded & {"flask", "psycopg", "jwt", "cryptography", "urllib3"}
    assert {name for name in loaded if name.startswith("hipflask")} == {"hipflask"}


APP = """
import flask, hipflask
from hipflask import HipFlask, current_user, login_required, gettext
app = flask.Flask("x")
HipFlask().init_app(app, environ={
    "SUPABASE_URL": "http://127.0.0.1:1", "SITE_URL": "http://localhost", "SECRET_KEY": "x" * 40,
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_ABCDEFGHIJKLMNOPQRSTUV_abcdefgh",
    "DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c", "LOG_LEVEL": "error",
})
assert app.test_client().get("/healthz").status_code == 200
"""


def test_an_app_starts_and_is_alive_without_the_heavy_libraries() -> None:
    # Cold starts: psycopg, PyJWT with cryptography and urllib3 cost more than Flask itself.
    loaded = modules_after(APP)
    assert not loaded & {"psycopg", "psycopg_pool", "jwt", "cryptography", "urllib3"}


def test_no_flask_extension_but_ours_is_needed() -> None:
    loaded = modules_after(APP)
    assert not {name for name in loaded if name.startswith(("flask_", "babel", "pydantic"))}


def test_the_kit_never_reaches_into_the_embedded_stack() -> None:
    assert not {name for name in modules_after(APP) if name.startswith("hipflask.local")}
