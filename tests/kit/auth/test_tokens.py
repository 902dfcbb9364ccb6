"""Access tokens are believed only when signature, key, issuer, audience and time agree."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from hipflask.errors import AuthUnavailable, SessionExpired, TokenRejected
from hipflask.kit.auth.jwks import FRESH, PATIENCE, read_keys
from hipflask.kit.auth.tokens import TokenVerifier
from hipflask.testing import SupabaseBackend

ISSUER = "https://abcd.supabase.co/auth/v1"
SECRET = "a shared secret that is long enough for HS256"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Clock:
    time = datetime(2026, 5, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


class Auth:
    """What the verifier may ask, with counts and switches."""

    def __init__(self) -> None:
        self.keys = [jwk("ec", EC_KEY), jwk("rsa", RSA_KEY)]
        self.fetched = 0
        self.asked = 0
        self.away = False
        self.knows = True

    def fetch(self) -> Mapping[str, Any]:
        self.fetched += 1
        if self.away:
            raise AuthUnavailable("away", reason="unreachable")
        return {"keys": self.keys}

    def ask(self, token: str) -> object:
        self.asked += 1
        if self.away:
            raise AuthUnavailable("away", reason="unreachable")
        if not self.knows:
            raise SessionExpired("unknown", code="bad_jwt")
        return None


def jwk(kid: str, key: Any, **more: str) -> dict[str, Any]:
    algorithm = jwt.algorithms.ECAlgorithm if kid.startswith("ec") else jwt.algorithms.RSAAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def auth() -> Auth:
    return Auth()


@pytest.fixture
def verifier(auth: Auth, clock: Clock) -> TokenVerifier:
    return make_verifier(auth, clock)


def make_verifier(auth: Auth, clock: Clock, **more: Any) -> TokenVerifier:
    return TokenVerifier(
        issuer=ISSUER, fetch_keys=auth.fetch, ask_auth=auth.ask, clock=clock, **more
    )


def payload(**changes: Any) -> dict[str, Any]:
    now = int(Clock.time.timestamp())
    usual: dict[str, Any] = {
        "iss": ISSUER,
        "aud": "authenticated",
        "sub": "5f2b",
        "role": "authenticated",
        "iat": now,
        "exp": now + 3600,
        "amr": [{"method": "password", "timestamp": now}],
    }
    return {key: value for key, value in (usual | changes).items() if value is not None}


def signed(
    key: Any = EC_KEY, algorithm: str = "ES256", kid: str | None = "ec", **claims: Any
) -> str:
    headers = {"kid": kid} if kid is not None else {}
    return jwt.encode(payload(**claims), key, algorithm, headers=headers)


def reason_for(verifier: TokenVerifier, token: str) -> str:
    with pytest.raises(TokenRejected) as caught:
        verifier.verify(token)
    return caught.value.reason


def test_es256(verifier: TokenVerifier) -> None:
    assert verifier.verify(signed()).sub == "5f2b"


def test_rs256(verifier: TokenVerifier) -> None:
    assert verifier.verify(signed(RSA_KEY, "RS256", "rsa")).sub == "5f2b"


def test_keys_are_fetched_once(verifier: TokenVerifier, auth: Auth) -> None:
    for number in range(20):
        verifier.verify(signed(sub=f"user {number}"))
    assert auth.fetched == 1


def unsigned(algorithm: str, **claims: Any) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': algorithm, 'typ': 'JWT', 'kid': 'ec'})}.{part(payload(**claims))}."


@pytest.mark.parametrize("algorithm", ["none", "None", "nOnE", "", "HS512", "EdDSA", "PS256"])
def test_other_algorithms_are_refused(verifier: TokenVerifier, algorithm: str) -> None:
    assert reason_for(verifier, unsigned(algorithm)) in ("algorithm", "malformed")


def test_public_key_is_no_shared_secret(auth: Auth, clock: Clock) -> None:
    """The classic confusion: HS256 with the public key as the secret (RFC 8725 section 2.1)."""
    auth.knows = False
    pem = EC_KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = unsigned("HS256").rpartition(".")[0]
    signature = hmac.new(pem, head.encode(), hashlib.sha256).digest()
    forged = f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    for verifier in (make_verifier(auth, clock), make_verifier(auth, clock, jwt_secret=SECRET)):
        assert reason_for(verifier, forged) == "signature"


def test_algorithm_belongs_to_the_key(verifier: TokenVerifier) -> None:
    assert reason_for(verifier, signed(RSA_KEY, "RS256", "ec")) == "algorithm"
    assert reason_for(verifier, signed(EC_KEY, "ES256", "rsa")) == "algorithm"


def test_wrong_signature(verifier: TokenVerifier) -> None:
    assert reason_for(verifier, signed(OTHER_EC_KEY)) == "signature"
    head, body, signature = signed().split(".")
    other = signed(sub="somebody else").split(".")[1]
    assert reason_for(verifier, f"{head}.{other}.{signature}") == "signature"
    assert reason_for(verifier, f"{head}.{body}.") == "signature"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.supabase.co/auth/v1"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "anon"}, "audience"),
        ({"aud": None}, "audience"),
        ({"aud": ["a", "b"]}, "audience"),
        ({"nbf": 2**33}, "not_yet_valid"),
        ({"nbf": "soon"}, "not_yet_valid"),
        ({"exp": None}, "malformed"),
        ({"exp": "never"}, "malformed"),
        ({"sub": None}, "malformed"),
        ({"role": None}, "malformed"),
        ({"exp": 1}, "expired"),
    ],
)
def test_claims_are_checked(verifier: TokenVerifier, claims: dict[str, Any], reason: str) -> None:
    assert reason_for(verifier, signed(**claims)) == reason


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "....", "é.é.é", "x" * 5000])
def test_garbage(verifier: TokenVerifier, token: str) -> None:
    assert reason_for(verifier, token) == "malformed"


def test_audience_may_be_a_list(verifier: TokenVerifier) -> None:
    assert verifier.verify(signed(aud=["x", "authenticated"])).sub == "5f2b"


def test_remembered_token_still_ends(verifier: TokenVerifier, clock: Clock) -> None:
    token = signed()
    verifier.verify(token)
    clock.time += timedelta(seconds=3601)
    verifier.verify(token)  # within the leeway
    clock.time += timedelta(seconds=5)
    assert reason_for(verifier, token) == "expired"


def test_localhost_is_its_number(auth: Auth, clock: Clock) -> None:
    verifier = TokenVerifier(
        issuer="http://localhost:54321/auth/v1",
        fetch_keys=auth.fetch,
        ask_auth=auth.ask,
        clock=clock,
    )
    verifier.verify(signed(iss="http://127.0.0.1:54321/auth/v1"))
    assert reason_for(verifier, signed(iss="http://localhost.evil.example:54321/auth/v1"))


# Keys come and go


def test_unknown_key_is_looked_up_once_in_a_while(
    verifier: TokenVerifier, auth: Auth, clock: Clock
) -> None:
    verifier.verify(signed())
    for number in range(10):
        assert reason_for(verifier, signed(kid=f"invented {number}")) == "unknown_key"
    assert auth.fetched == 1
    clock.time += PATIENCE
    auth.keys.append(jwk("ec new", OTHER_EC_KEY))
    assert verifier.verify(signed(OTHER_EC_KEY, kid="ec new")).sub == "5f2b"
    assert auth.fetched == 2


def test_withdrawn_key_counts_no_more(verifier: TokenVerifier, auth: Auth, clock: Clock) -> None:
    token = signed()
    verifier.verify(token)
    auth.keys = [jwk("ec new", OTHER_EC_KEY)]
    clock.time += FRESH
    verifier.verify(signed(OTHER_EC_KEY, kid="ec new"))
    assert reason_for(verifier, token) == "unknown_key"


def test_old_keys_serve_while_auth_is_away(
    verifier: TokenVerifier, auth: Auth, clock: Clock
) -> None:
    verifier.verify(signed())
    auth.away = True
    clock.time += FRESH * 100
    now = int(clock.time.timestamp())
    for number in range(5):
        verifier.verify(signed(iat=now, exp=now + 60, sub=str(number)))
    assert auth.fetched == 2


def test_without_any_key_nothing_is_decided(verifier: TokenVerifier, auth: Auth) -> None:
    auth.away = True
    with pytest.raises(AuthUnavailable):
        verifier.verify(signed())


def test_token_without_kid(verifier: TokenVerifier) -> None:
    assert reason_for(verifier, signed(kid=None)) == "unknown_key"


def test_unusable_keys_are_passed_over() -> None:
    document = {
        "keys": [
            jwk("ec", EC_KEY),
            jwk("ec wrong", EC_KEY, alg="RS256"),
            {"kty": "oct", "kid": "shared", "k": "c2VjcmV0", "alg": "HS256"},
            {"kty": "EC", "crv": "P-256", "kid": "broken", "x": "!", "y": "!"},
            {"kty": "RSA", "kid": "broken too"},
            {"kid": 7},
            "nonsense",
        ]
    }
    assert set(read_keys(document)) == {"ec"}
    assert read_keys({}) == {}
    assert read_keys({"keys": "x"}) == {}


# HS256


def test_hs256_by_secret(auth: Auth, clock: Clock) -> None:
    verifier = make_verifier(auth, clock, jwt_secret=SECRET)
    assert verifier.verify(signed(SECRET, "HS256", None)).sub == "5f2b"
    assert reason_for(verifier, signed(SECRET + "x", "HS256", None)) == "signature"
    assert auth.asked == 0


def test_hs256_by_asking(verifier: TokenVerifier, auth: Auth, clock: Clock) -> None:
    token = signed(SECRET, "HS256", None)
    for _ in range(5):
        assert verifier.verify(token).sub == "5f2b"
    assert auth.asked == 1
    auth.knows = False
    clock.time += timedelta(seconds=61)
    assert reason_for(verifier, token) == "signature"


def test_garbage_costs_no_call(verifier: TokenVerifier, auth: Auth) -> None:
    for claims in ({"iss": "x"}, {"aud": "x"}, {"exp": 1}, {"sub": None}):
        reason_for(verifier, signed(SECRET, "HS256", None, **claims))
    assert auth.asked == 0


def test_hs256_while_auth_is_away(verifier: TokenVerifier, auth: Auth) -> None:
    auth.away = True
    with pytest.raises(AuthUnavailable):
        verifier.verify(signed(SECRET, "HS256", None))


def test_memory_is_bounded(verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hipflask.kit.auth.tokens._REMEMBERED", 3)
    for number in range(10):
        verifier.verify(signed(sub=str(number)))
    assert len(verifier._remembered) == 3


# Against the embedded Auth


def test_tokens_of_the_stack(backend: SupabaseBackend, make_site: Callable[..., Any]) -> None:
    backend.create_user("ann@example.com")
    token = backend.sign_in("ann@example.com").access_token
    tokens = make_site().state.tokens
    assert tokens.verify(token).email == "ann@example.com"
    for key in (backend.anon_key, backend.service_role_key):
        with pytest.raises(TokenRejected):
            tokens.verify(key)


@pytest.mark.parametrize("part", ["header", "payload"])
def test_deep_json_is_malformed(verifier: TokenVerifier, part: str) -> None:
    """Within the length that is accepted, brackets alone can be deeper than Python reads."""
    deep = encode(b'{"a":' + b"[" * 100_000)
    header = encode(b'{"alg":"HS256"}')
    token = f"{deep}.e30.e30" if part == "header" else f"{header}.{deep}.e30"
    assert reason_for(verifier, token) == "malformed"


def encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
