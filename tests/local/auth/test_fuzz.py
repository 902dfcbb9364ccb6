"""Ten thousand requests that nobody meant: no 500, and no secret in the log.

Hypothesis draws short conversations: a known path with a placeholder filled well or badly, a body
of fields that Auth knows with values of every kind, and somebody's token. The conversations are the
same in every run, so that what is found here stays found.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hipflask.local.auth.app import ENDPOINTS
from hipflask.local.config.auth import ExternalConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.factors.proofs import ALL_ON
from tests.local.auth.service import PASSWORD, AuthService
from tests.local.auth.sso.test_sso_admin import described
from tests.local.auth.test_imported_hashes import ARGON2ID

CONVERSATIONS: Final = 1_250
REQUESTS: Final = 8
_NOBODY: Final = "3f0a4c1e-0000-4000-8000-000000000000"
_MAILS_KEPT: Final = 50
_ROUTES: Final = sorted({(route.method, route.path) for file in ENDPOINTS for route in file.all})

METADATA: Final = described()
_texts = st.one_of(
    st.sampled_from(
        [
            "",
            "ada@example.com",
            "new@example.com",
            "ADA@EXAMPLE.COM ",
            "not an address",
            "+8613800000000",
            "123456",
            "password",
            PASSWORD,
            "signup",
            "recovery",
            "magiclink",
            "email",
            "email_change",
            "sms",
            "phone_change",
            "invite",
            "totp",
            "phone",
            "webauthn",
            "google",
            "s256",
            "plain",
            "a" * 43,
            "global",
            "24h",
            "none",
            "authorization_code",
            "saml",
            METADATA,
            "http://127.0.0.1:8080/welcome",
            "https://evil.example/",
            "javascript:alert(1)",
            "$2a$04$" + "a" * 53,
            ARGON2ID,
            _NOBODY,
            "\0",
            "\ud800",
            "😀" * 300,
        ]
    ),
    st.text(max_size=40),
)
_values = st.recursive(
    st.one_of(_texts, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
#: Names that Auth reads from a body.
_FIELDS: Final = """
    email phone password data token token_hash type code_challenge code_challenge_method
    auth_code code_verifier refresh_token redirect_to create_user channel nonce current_password
    app_metadata user_metadata ban_duration role aud id password_hash email_confirm
    phone_confirm should_soft_delete factor_type friendly_name issuer challenge_id code provider
    id_token access_token client_id grant_type redirect_uris client_name scope action web_authn
    credential domains metadata_url metadata_xml attribute_mapping name_id_format resource_id
    disabled new_email gotrue_meta_security webauthn
""".split()  # noqa: SIM905 - a list of 50 lines reads worse
#: Names that it reads from a query.
_PARAMETERS: Final = """
    grant_type type token redirect_to scope provider page per_page sort query filter state code
    resource_id resource_id_prefix
    error scopes code_challenge code_challenge_method client_id response_type
""".split()  # noqa: SIM905 - a list of 50 lines reads worse
_bodies = st.one_of(
    st.dictionaries(st.sampled_from(_FIELDS), _values, max_size=6),
    _values,
    st.binary(max_size=60),
)
_queries = st.dictionaries(
    st.sampled_from(_PARAMETERS),
    st.one_of(
        _texts, st.sampled_from(["password", "refresh_token", "pkce", "id_token", "web3", "-1"])
    ),
    max_size=4,
)
_requests = st.tuples(
    st.sampled_from(_ROUTES),
    st.sampled_from(["user", _NOBODY, "x", "%00", "..", "9" * 40]),
    _bodies,
    _queries,
    st.sampled_from(["", "user", "service", "old", "garbage", "x.y.z"]),
    st.sampled_from(["", "2024-01-01", "9999-99-99"]),
)


@pytest.fixture
def everything_on(make_auth: MakeAuth) -> AuthService:
    """An Auth app in which as much as possible is switched on; its providers are down."""
    enabled = ExternalConfig(enabled=True)
    return make_auth(
        context={"stand_in_issuer": "http://127.0.0.1:1"},
        external={"google": enabled, "github": enabled, "acme": enabled},
        mfa=ALL_ON["mfa"] | {"max_enrolled_factors": 3},
        webauthn=ALL_ON["webauthn"],
        oauth_server={"enabled": True, "allow_dynamic_registration": True},
        enable_anonymous_sign_ins=True,
        enable_manual_linking=True,
        email={"enable_confirmations": False, "secure_password_change": True},
    )


def test_no_request_is_a_server_error_and_no_secret_is_logged(
    everything_on: AuthService, caplog: pytest.LogCaptureFixture
) -> None:
    auth = everything_on
    signed_up = auth.sign_up()
    asked = 0
    secrets = {PASSWORD, signed_up["access_token"], signed_up["refresh_token"]}
    tokens = {
        "": None,
        "user": signed_up["access_token"],
        "service": auth.service_role,
        "old": auth.sign(sub=_NOBODY, role="authenticated", session_id=_NOBODY),
        "garbage": "eyJhbGciOiJub25lIn0.e30.",
        "x.y.z": "x.y.z",
    }
    secrets.add(tokens["service"])

    def renewed() -> None:
        """Sign the user up or in again when a request has ended the session or the account."""
        if auth.get("/user", bearer=tokens["user"]).status_code == 200:
            return
        auth.database.execute("delete from auth.users where email like 'ada%'")
        again = auth.sign_up()
        tokens["user"] = again["access_token"]
        secrets.update((again["access_token"], again["refresh_token"]))

    @settings(
        max_examples=CONVERSATIONS,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(_requests, min_size=REQUESTS, max_size=REQUESTS))
    def converse(requests: list[Any]) -> None:
        nonlocal asked
        renewed()
        for (method, path), placeholder, body, query, who, version in requests:
            user_id = str(auth.row("select id from auth.users order by created_at limit 1")[0])
            filled = re.sub(r"<[^>]+>", user_id if placeholder == "user" else placeholder, path)
            answer = auth.call(
                method,
                filled + _as_query(query),
                body,
                bearer=tokens[who],
                headers={"X-Supabase-Api-Version": version} if version else None,
            )
            asked += 1
            assert answer.status_code < 500, (method, filled, query, body, who, answer.text)
            _assert_kept(caplog, secrets)
            if auth.count("auth.users") == 0:
                auth.sign_up()
        del auth.outbox.mails[:-_MAILS_KEPT]

    with caplog.at_level(logging.DEBUG, logger="hipflask"):
        converse()
    assert asked >= 10_000


def _as_query(query: dict[str, str]) -> str:
    pairs = [f"{name}={quote(value, errors='surrogatepass')}" for name, value in query.items()]
    return "?" + "&".join(pairs) if pairs else ""


def _assert_kept(caplog: pytest.LogCaptureFixture, secrets: set[str]) -> None:
    """Check that what was logged since the last look holds no secret, and forget it."""
    for record in caplog.records:
        said = record.getMessage() + (record.exc_text or "")
        leaked = [secret for secret in secrets if secret in said]
        assert not leaked, f"the log of {record.name} holds a secret"
    caplog.clear()
