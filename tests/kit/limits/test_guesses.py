"""Guessing passwords and codes: each wrong one makes the next wait longer, for anybody alike."""

from __future__ import annotations

import statistics
import time

import pytest

from hipflask.errors import AuthUnavailable, TooManyAttempts, WrongCode
from tests.kit.limits.conftest import LimitedSite

PASSWORD = "correct horse battery"
HOME, OFFICE = "203.0.113.7", "198.51.100.20"


@pytest.fixture
def ann(site: LimitedSite) -> str:
    return site.backend.create_user("ann@example.com", password=PASSWORD).email


def guess(site: LimitedSite, email: str, address: str = OFFICE, password: str = "wrong") -> int:
    return site.post("/login", address, email=email, password=password).status_code


def wait(site: LimitedSite, email: str, address: str = OFFICE) -> int:
    """How long the next try must wait; 0 if it would be judged, which then is a wrong one."""
    answer = site.post("/login", address, email=email, password="wrong")
    return int(answer.headers.get("Retry-After", 0))


def test_delays_grow(site: LimitedSite, ann: str) -> None:
    assert [guess(site, ann) for _ in range(6)] == [401, 401, 401, 401, 401, 429]
    delays = []
    for _ in range(7):
        delays.append(wait(site, ann))
        site.backend.clock.advance(seconds=delays[-1])
        assert guess(site, ann) == 401
    assert delays == [30, 60, 120, 240, 480, 900, 900]


def test_whoever_waits_is_not_counted(site: LimitedSite, ann: str) -> None:
    for _ in range(5):
        guess(site, ann)
    assert [wait(site, ann) for _ in range(20)] == [30] * 20
    site.backend.clock.advance(seconds=30)
    assert guess(site, ann, password=PASSWORD) == 200


def test_the_right_password_waits_too(site: LimitedSite, ann: str) -> None:
    for _ in range(5):
        guess(site, ann)
    assert guess(site, ann, password=PASSWORD) == 429


def test_a_right_password_begins_anew(site: LimitedSite, ann: str) -> None:
    for _ in range(3):
        assert [guess(site, ann) for _ in range(4)] == [401] * 4
        assert guess(site, ann, password=PASSWORD) == 200


def test_a_day_without_a_try_forgets(site: LimitedSite, ann: str) -> None:
    for _ in range(5):
        guess(site, ann)
    site.backend.clock.advance(hours=24)
    assert [guess(site, ann) for _ in range(6)] == [401] * 5 + [429]


def test_spelling_makes_no_other_account(site: LimitedSite, ann: str) -> None:
    for spelling in (ann, ann.upper(), f" {ann} ", "Ann@Example.com", ann):
        assert guess(site, spelling) == 401
    assert guess(site, ann) == 429


def test_many_addresses_guess_at_one_account(site: LimitedSite, ann: str) -> None:
    statuses = [guess(site, ann, f"198.51.100.{n}") for n in range(22)]
    assert statuses == [401] * 20 + [429] * 2


def test_an_attack_from_elsewhere_does_not_lock_the_owner_out(site: LimitedSite, ann: str) -> None:
    assert guess(site, ann, HOME, PASSWORD) == 200
    for n in range(25):
        guess(site, ann, f"198.51.100.{n}")
    assert guess(site, ann, "198.51.100.99", PASSWORD) == 429
    assert guess(site, ann, HOME, PASSWORD) == 200
    # And the owner's coming in does not let the others go on.
    assert guess(site, ann, "198.51.100.99") == 429
    # At home the guesses of somebody else are slowed all the same.
    assert [guess(site, ann, HOME) for _ in range(6)] == [401] * 5 + [429]


def test_one_address_guesses_at_many_accounts(site: LimitedSite, ann: str) -> None:
    statuses = [guess(site, f"n{n}@example.com") for n in range(51)]
    assert statuses == [401] * 50 + [429]
    # An account of one's own does not clear that.
    assert guess(site, ann, OFFICE, PASSWORD) == 429
    assert guess(site, ann, HOME, PASSWORD) == 200


def test_an_address_of_ipv6_is_its_network(site: LimitedSite, ann: str) -> None:
    statuses = [guess(site, ann, f"2001:db8::{n}") for n in range(1, 7)]
    assert statuses == [401] * 5 + [429]


def test_nobody_learns_who_has_an_account(site: LimitedSite, ann: str) -> None:
    for n in range(8):
        known = site.post("/login", OFFICE, email=ann, password=f"w{n}")
        unknown = site.post("/login", HOME, email="nobody@example.com", password=f"w{n}")
        assert known.status_code == unknown.status_code
        ours, theirs = known.get_json(), unknown.get_json()
        assert {**ours, "request_id": ""} == {**theirs, "request_id": ""}
        assert known.headers.get("Retry-After") == unknown.headers.get("Retry-After")


def test_a_refusal_takes_as_long_for_both(site: LimitedSite, ann: str) -> None:
    for _ in range(5):
        guess(site, ann)
        guess(site, "nobody@example.com", HOME)

    def taken(email: str, address: str) -> float:
        began = time.perf_counter()
        assert guess(site, email, address) == 429
        return time.perf_counter() - began

    # In turn, so that whatever else the machine does is the same for both.
    pairs = [(taken(ann, OFFICE), taken("nobody@example.com", HOME)) for _ in range(21)]
    known, unknown = (statistics.median(times) for times in zip(*pairs, strict=True))
    assert abs(known - unknown) < 0.05, (known, unknown)


def test_whoever_looks_after_the_app_lets_somebody_try_again(site: LimitedSite, ann: str) -> None:
    for _ in range(5):
        guess(site, ann)
    (held,) = site.state.guesses.held()
    assert (held.kind, held.failed) == ("password of account from address", 5)
    assert guess(site, ann, password=PASSWORD) == 429
    site.state.guesses.release(held.key)
    assert guess(site, ann, password=PASSWORD) == 200
    assert site.state.guesses.held() == []


def test_an_account_is_released_by_what_its_owner_types(site: LimitedSite, ann: str) -> None:
    for n in range(21):
        guess(site, ann, f"198.51.100.{n}")
    assert guess(site, ann, HOME, PASSWORD) == 429
    site.state.guesses.release_account(ann.upper())
    assert guess(site, ann, HOME, PASSWORD) == 200
    for _ in range(5):
        guess(site, ann, "192.0.2.1")
    assert guess(site, ann, "192.0.2.1") == 429
    site.state.guesses.release_account(ann, "192.0.2.1")
    assert guess(site, ann, "192.0.2.1", PASSWORD) == 200


def test_mailed_codes_are_guessed_as_slowly(site: LimitedSite, ann: str) -> None:
    answers = [site.post("/code", OFFICE, email=ann, code=f"{n:06}") for n in range(6)]
    assert [answer.status_code for answer in answers] == [410] * 5 + [429]
    assert answers[-1].headers["Retry-After"] == "30"


def test_no_address_of_anybody_lies_in_the_table(site: LimitedSite, ann: str) -> None:
    guess(site, ann)
    dump = str(site.rows("select t::text from hipflask.failed_tries t"))
    assert "ann" not in dump
    assert OFFICE not in dump


def test_a_try_that_nobody_judged_is_not_counted(site: LimitedSite, ann: str) -> None:
    for _ in range(8):
        with (
            pytest.raises(AuthUnavailable),
            site.state.guesses.of_account("password", ann, OFFICE),
        ):
            raise AuthUnavailable("away", reason="timeout")
    assert guess(site, ann, password=PASSWORD) == 200


def test_second_factors_rest_longer(site: LimitedSite) -> None:
    def wrong() -> None:
        with site.state.guesses.of_proof("totp", "somebody"):
            raise WrongCode("no")

    for _ in range(5):
        with pytest.raises(WrongCode):
            wrong()
    delays = []
    for _ in range(6):
        with pytest.raises(TooManyAttempts) as refused:
            wrong()
        delays.append((refused.value.retry_after or 0) // 60)
        site.backend.clock.advance(minutes=delays[-1])
        with pytest.raises(WrongCode):
            wrong()
    assert delays == [15, 30, 60, 120, 240, 240]


def test_old_rows_go_with_the_tries(site: LimitedSite) -> None:
    site.rows(
        "insert into hipflask.failed_tries (key, kind, forget_at)"
        " select gen_random_uuid(), 'old', '2001-01-01' from generate_series(1, 2000)"
    )
    guesses = site.state.guesses
    for n in range(300):  # of which about 15 sweep 200 rows each
        with guesses.of_account("password", f"{n % 5}@example.com", f"10.0.{n % 250}.1"):
            pass
    ((left,),) = site.rows("select count(*) from hipflask.failed_tries where kind = 'old'")
    assert left < 1700


def test_a_clock_that_was_set_back_locks_nobody_out_for_long(site: LimitedSite, ann: str) -> None:
    for _ in range(5):
        guess(site, ann)
    site.backend.clock.advance(days=-30)
    assert wait(site, ann) == 900
    site.backend.clock.advance(seconds=900)
    assert guess(site, ann) == 401
