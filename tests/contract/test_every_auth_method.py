"""Every method of the official clients for Auth is called by a test, to succeed and to fail."""

from __future__ import annotations

import inspect
import re
from typing import Any, Final

import pytest
from supabase_auth import AsyncGoTrueClient, SyncGoTrueClient

from tests.contract import asked_methods
from tests.contract.asked_methods import HERE, Asked
from tests.contract.js_client import NodeProcess

TYPES: Final = HERE / "js/node_modules/@supabase/auth-js/dist/module/GoTrueClient.d.ts"
JAVASCRIPT_OBJECTS: Final = (
    *("", "mfa.", "mfa.webauthn.", "oauth.", "passkey."),
    *("admin.", "admin.mfa.", "admin.oauth.", "admin.passkey.", "admin.customProviders."),
)
PYTHON_OBJECTS: Final = ("", "mfa.", "admin.", "admin.mfa.", "admin.oauth.")
#: What a GoTrueAdminApi keeps for itself: functions that are no methods.
NO_METHODS: Final = {"admin.fetch"}
NOBODY: Final = "http://127.0.0.1:9"

SAML: Final = "SAML is refused as in a project where it is off (parity.md)"
WEB3: Final = "Web3 is refused as in a project where it is off (parity.md)"
LOCAL: Final = "asks no server and cannot fail"
IN_A_PAGE: Final = "takes a credential, which only a script beside it in a page can hand over"
ADDRESS: Final = "makes an address; what goes wrong is said to the browser that opens it"
#: Methods of supabase-js and of supabase-py that no test lets succeed or fail, and why.
NEVER_SUCCEEDS: Final = {
    "signInWithSSO": SAML,
    "signInWithWeb3": WEB3,
    "sign_in_with_sso": SAML,
    "admin.close": "ends the connections that it shares with the client, whose own close is tested",
    "mfa.webauthn.challenge": IN_A_PAGE,
    "mfa.webauthn.verify": IN_A_PAGE,
}
NEVER_FAILS: Final = {
    "admin.close": LOCAL,
    "close": LOCAL,
    "dispose": LOCAL,
    "isThrowOnErrorEnabled": LOCAL,
    "onAuthStateChange": LOCAL,
    "on_auth_state_change": LOCAL,
    "startAutoRefresh": LOCAL,
    "stopAutoRefresh": LOCAL,
    "signInWithOAuth": ADDRESS,
    "sign_in_with_oauth": ADDRESS,
    "initialize_from_storage": "a session that is no longer good is dropped without a word",
    "mfa.get_authenticator_assurance_level": LOCAL,
    "mfa.webauthn.verify": IN_A_PAGE,
}


def javascript_methods(node: NodeProcess) -> set[str]:
    """Return the public ones: what TypeScript calls private is there too when it runs."""
    client = node.create(NOBODY, "no key")
    private = set(re.findall(r"^    (?:private|protected) (\w+)", TYPES.read_text(), re.MULTILINE))
    return {
        prefix + name
        for prefix in JAVASCRIPT_OBJECTS
        for name in client.methods(f"auth.{prefix}".rstrip("."))
        if not name.startswith("_") and (prefix or name not in private)
    } - NO_METHODS


def python_methods(client: type[SyncGoTrueClient | AsyncGoTrueClient]) -> set[str]:
    made: Any = client(url=NOBODY)
    return {
        prefix + name
        for prefix in PYTHON_OBJECTS
        for name, _ in inspect.getmembers(at(made, prefix), callable)
        if not name.startswith("_")
    }


def at(client: Any, prefix: str) -> Any:
    for name in prefix.split(".")[:-1]:
        client = getattr(client, name)
    return client


def missing(methods: set[str], asked: set[Asked]) -> str:
    """Name what no test of ours calls and no exception above explains."""
    succeed = {one.method for one in asked if not one.fails} | set(NEVER_SUCCEEDS)
    fail = {one.method for one in asked if one.fails} | set(NEVER_FAILS)
    lines = [
        *(f"{name} never succeeds in a test" for name in sorted(methods - succeed)),
        *(f"{name} never fails in a test" for name in sorted(methods - fail)),
    ]
    return "\n".join(lines)


def test_supabase_js(node: NodeProcess) -> None:
    methods = javascript_methods(node)
    assert {"signUp", "mfa.enroll", "passkey.list", "oauth.listGrants"} <= methods
    assert missing(methods, asked_methods.in_javascript()) == ""


@pytest.mark.parametrize("client", [SyncGoTrueClient, AsyncGoTrueClient])
def test_supabase_py(client: type[SyncGoTrueClient | AsyncGoTrueClient]) -> None:
    methods = python_methods(client)
    assert {"sign_up", "mfa.enroll"} <= methods
    assert missing(methods, asked_methods.in_python()) == ""


def test_exceptions_are_methods(node: NodeProcess) -> None:
    """A name that no client has any more leaves the list."""
    known = javascript_methods(node) | python_methods(SyncGoTrueClient)
    assert set(NEVER_SUCCEEDS) | set(NEVER_FAILS) <= known
