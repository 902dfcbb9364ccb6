"""Sealed values: one test per way in which a stranger, or time, may tamper with one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from hipflask.errors import SealBroken
from hipflask.kit.web.seal import Sealer, derive_key

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class StoppedClock:
    """A clock that a test moves by hand."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def sealer(clock: StoppedClock) -> Sealer:
    return Sealer(["k" * 40], clock=clock)


def test_opens_what_it_sealed(sealer: Sealer) -> None:
    assert sealer.open("recovery", sealer.seal("recovery", b"proof")) == b"proof"


def test_same_value_seals_differently_each_time(sealer: Sealer) -> None:
    assert sealer.seal("recovery", b"proof") != sealer.seal("recovery", b"proof")


def test_hides_the_value(sealer: Sealer) -> None:
    sealed = sealer.seal("recovery", b"proof-of-ada@example.com")
    body = base64.urlsafe_b64decode(sealed[3:] + "==")
    assert b"ada" not in body


def test_another_purpose_is_refused(sealer: Sealer) -> None:
    # A flash message that opened as a recovery proof would change a stranger's password.
    with pytest.raises(SealBroken, match="another purpose"):
        sealer.open("recovery", sealer.seal("flash", b"proof"))


@pytest.mark.parametrize("at", range(0, 60, 5))
def test_any_changed_byte_is_refused(sealer: Sealer, at: int) -> None:
    sealed = sealer.seal("recovery", b"x" * 20)
    raw = bytearray(base64.urlsafe_b64decode(sealed[3:] + "=" * (-len(sealed[3:]) % 4)))
    raw[at] ^= 1
    changed = "v1." + base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    with pytest.raises(SealBroken):
        sealer.open("recovery", changed)


def test_a_second_spelling_of_the_same_bytes_is_refused(sealer: Sealer) -> None:
    # Base64 ignores the spare bits of the last character; a value must have one spelling only,
    # or a list of used values could be walked around.
    sealed = sealer.seal("recovery", b"x" * 11)  # 52 bytes: two spare bits
    last = sealed[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = sealed[:-1] + alphabet[alphabet.index(last) ^ 1]
    with pytest.raises(SealBroken):
        sealer.open("recovery", twin)


def test_expires_to_the_second(sealer: Sealer, clock: StoppedClock) -> None:
    sealed = sealer.seal("recovery", b"proof", expires_at=NOW + timedelta(minutes=15))
    clock.time = NOW + timedelta(minutes=15) - timedelta(seconds=1)
    assert sealer.open("recovery", sealed) == b"proof"
    clock.time = NOW + timedelta(minutes=15)
    with pytest.raises(SealBroken) as caught:
        sealer.open("recovery", sealed)
    assert caught.value.expired


def test_never_expires_without_an_expiry(sealer: Sealer, clock: StoppedClock) -> None:
    sealed = sealer.seal("token", b"refresh")
    clock.time = NOW + timedelta(days=36500)
    assert sealer.open("token", sealed) == b"refresh"


def test_a_rotated_key_still_opens(clock: StoppedClock) -> None:
    sealed = Sealer(["old" * 20], clock=clock).seal("token", b"refresh")
    rotated = Sealer(["new" * 20, "old" * 20], clock=clock)
    assert rotated.open("token", sealed) == b"refresh"
    assert rotated.needs_resealing(sealed)
    assert not rotated.needs_resealing(rotated.seal("token", b"refresh"))


def test_a_dropped_key_opens_no_more(clock: StoppedClock) -> None:
    sealed = Sealer(["old" * 20], clock=clock).seal("token", b"refresh")
    with pytest.raises(SealBroken, match="no longer known"):
        Sealer(["new" * 20], clock=clock).open("token", sealed)


@pytest.mark.parametrize(
    "text", ["", "v1.", "v1.AAAA", "v2.AAAA", "v1.é", "v1.====", "v1.a b", "x"]
)
def test_rubbish_is_refused_with_our_own_error(sealer: Sealer, text: str) -> None:
    with pytest.raises(SealBroken):
        sealer.open("recovery", text)


def test_mac_keys_differ_by_purpose_and_follow_rotation() -> None:
    sealer = Sealer(["new" * 20, "old" * 20])
    assert sealer.mac_keys("csrf")[0] != sealer.mac_keys("notice")[0]
    assert sealer.mac_keys("csrf")[1:] == Sealer(["old" * 20]).mac_keys("csrf")


def test_repr_shows_no_secret() -> None:
    assert "hunter2" not in repr(Sealer(["hunter2" * 8]))


def test_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        Sealer([])


def test_derivation_is_hkdf_as_an_independent_implementation_computes_it() -> None:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    expected = HKDF(SHA256(), length=32, salt=b"hipflask", info=b"seal").derive(b"secret")
    assert derive_key(b"secret", "seal") == expected
