"""A limit on a view and in code: who is counted, what is answered, and when it ends."""

from __future__ import annotations

import re

import psycopg
import pytest

from hipflask import Limit, errors
from hipflask.kit.limits.limit import MOST_QUOTA
from hipflask.kit.limits.subjects import network_of
from tests.kit.limits.conftest import SITE, LimitedSite, MakeSite

PASSWORD = "correct horse battery"


def test_the_quota_and_not_one_more(site: LimitedSite) -> None:
    assert site.statuses(5, "/limited") == [200, 200, 200, 429, 429]
    assert site.answered == 3


def test_units_come_back_one_by_one(site: LimitedSite) -> None:
    site.statuses(3, "/limited")
    site.backend.clock.advance(seconds=19)
    assert site.statuses(1, "/limited") == [429]
    site.backend.clock.advance(seconds=1)
    assert site.statuses(2, "/limited") == [200, 429]
    site.backend.clock.advance(seconds=60)
    assert site.statuses(4, "/limited") == [200, 200, 200, 429]


@pytest.mark.parametrize("quota", [1, 7, 13, 97])
def test_a_quota_that_does_not_divide_the_time(site: LimitedSite, quota: int) -> None:
    limit = Limit(quota, per=60, name="odd")
    for _ in range(quota):
        site.limits_in_app(limit, key="one")
    with pytest.raises(errors.RateLimited):
        site.limits_in_app(limit, key="one")


def test_headers_of_every_answer(site: LimitedSite) -> None:
    answers = [site.get("/api/limited") for _ in range(4)]
    assert [answer.headers["RateLimit"] for answer in answers] == [
        '"few";r=2;t=20, "many";r=4;t=720',
        '"few";r=1;t=20, "many";r=3;t=720',
        '"few";r=0;t=20, "many";r=2;t=720',
        '"few";r=0;t=20, "many";r=2;t=720',
    ]
    for answer in answers:
        assert answer.headers["RateLimit-Policy"] == '"few";q=3;w=60, "many";q=5;w=3600'
    assert "Retry-After" not in answers[2].headers
    assert answers[3].headers["Retry-After"] == "20"


def test_the_refusal_is_a_problem(site: LimitedSite) -> None:
    site.statuses(3, "/api/limited")
    answer = site.get("/api/limited")
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert body["type"] == "/problems/too-many-requests"
    assert body["violated-policies"] == ["few"]
    assert body["retry_after"] == 20


def test_a_person_gets_a_page(site: LimitedSite) -> None:
    site.statuses(3, "/limited")
    answer = site.get("/limited", headers={"Accept": "text/html"})
    assert answer.status_code == 429
    assert "Try again in 20 seconds." in answer.text


def test_one_limit_that_refuses_takes_nothing_from_the_others(site: LimitedSite) -> None:
    site.statuses(3, "/api/limited")
    site.backend.clock.advance(seconds=6)  # what this process remembers is over: the database says
    site.statuses(4, "/api/limited")
    site.backend.clock.advance(seconds=54)
    assert site.statuses(3, "/api/limited") == [200, 200, 429]
    assert site.get("/api/limited").get_json()["violated-policies"] == ["many"]


def test_each_address_for_itself_and_each_route(site: LimitedSite) -> None:
    site.statuses(4, "/limited")
    assert site.statuses(1, "/limited", "203.0.113.8") == [200]
    assert site.statuses(1, "/api/limited") == [200]


def test_a_household_with_ipv6_is_one_address(site: LimitedSite) -> None:
    statuses = [
        site.get("/limited", f"2001:db8:0:7:{n:x}::1").status_code for n in (1, 2, 3, 4, 0xFFFF)
    ]
    assert statuses == [200, 200, 200, 429, 429]
    assert site.statuses(1, "/limited", "2001:db8:0:8::1") == [200]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("unix:", "unknown"),
    ],
)
def test_who_an_address_is(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_user_is_counted_wherever_they_are(site: LimitedSite) -> None:
    ann = site.backend.create_user("ann@example.com", password=PASSWORD)
    bob = site.backend.create_user("bob@example.com", password=PASSWORD)
    homes = [
        site.signed_in(ann.email, PASSWORD, address) for address in ("203.0.113.1", "203.0.113.2")
    ]
    statuses = [browser.get("/api/mine", base_url=SITE).status_code for browser in homes * 2]
    assert statuses == [200, 200, 429, 429]
    other = site.signed_in(bob.email, PASSWORD, "203.0.113.1")
    assert other.get("/api/mine", base_url=SITE).status_code == 200
    # Who is not signed in is counted by address.
    assert site.statuses(3, "/api/mine", "203.0.113.1") == [200, 200, 429]


def test_everyone_together(site: LimitedSite) -> None:
    assert [site.get("/api/ours", f"203.0.113.{n}").status_code for n in (1, 2, 3)] == [
        200,
        200,
        429,
    ]


def test_by_what_the_app_says(site: LimitedSite) -> None:
    assert site.statuses(2, "/api/by-key?key=a") == [200, 429]
    assert site.statuses(2, "/api/by-key?key=b") == [200, 429]
    assert site.statuses(3, "/api/by-key") == [200, 200, 200]  # nobody is counted


@pytest.mark.parametrize("key", ["a" * 5000, "\0", "\ud800", "ü" * 300, "'; drop table x"])
def test_any_text_is_a_key(site: LimitedSite, key: str) -> None:
    limit = Limit(1, per=60, name="any")
    site.limits_in_app(limit, key=key)
    with pytest.raises(errors.RateLimited):
        site.limits_in_app(limit, key=key)
    site.limits_in_app(limit, key=key + "b")


def test_an_answer_that_caches_may_share_says_nothing_about_anybody(site: LimitedSite) -> None:
    answer = site.get("/api/cached")
    assert answer.status_code == 200
    assert not re.search("ratelimit", str(answer.headers), re.IGNORECASE)


def test_what_this_process_remembers_costs_no_question(site: LimitedSite) -> None:
    site.statuses(4, "/limited")
    site.rows("delete from hipflask.rate_limits")  # now the database would let everything through
    site.backend.clock.advance(seconds=4)
    assert site.statuses(1, "/limited") == [429]
    site.backend.clock.advance(seconds=1)  # but after five seconds it is asked again
    assert site.statuses(1, "/limited") == [200]


def test_what_is_remembered_never_outlasts_the_refusal(make_site: MakeSite) -> None:
    one, other = make_site(), make_site()
    limit = Limit(10, per=10, name="quick")
    for _ in range(10):
        one.limits_in_app(limit, key="k")
    with pytest.raises(errors.RateLimited):
        one.limits_in_app(limit, key="k")
    one.backend.clock.advance(seconds=1)
    other.limits_in_app(limit, key="k")
    with pytest.raises(errors.RateLimited):
        one.limits_in_app(limit, key="k")  # the other process was quicker
    one.backend.clock.advance(seconds=1)
    one.limits_in_app(limit, key="k")


def test_forget_gives_everything_back(site: LimitedSite) -> None:
    limit = Limit(1, per=3600, name="once")
    site.limits_in_app(limit, key="k")
    with pytest.raises(errors.RateLimited):
        site.limits_in_app(limit, key="k")
    with site.app.app_context():
        site.limits.forget(limit, key="k")
    site.limits_in_app(limit, key="k")


def test_a_clock_that_was_set_back_locks_nobody_out_for_long(site: LimitedSite) -> None:
    site.statuses(3, "/limited")
    site.backend.clock.advance(days=-30)
    assert site.statuses(1, "/limited") == [429]
    site.backend.clock.advance(seconds=20)
    # Not more than the time of the limit: 60 s, of which 20 are over.
    assert site.get("/limited").status_code == 200


def test_worthless_rows_go_with_the_requests(site: LimitedSite) -> None:
    site.rows(
        "insert into hipflask.rate_limits (key, name, subject, quota, cost, spent_until)"
        " select gen_random_uuid(), 'old', 'address x', 1, 1, '2001-01-01'"
        " from generate_series(1, 5000)"
    )
    limit = Limit(1000, per=1, name="many")
    for n in range(1500):  # of which about 30 sweep 200 rows each
        site.limits_in_app(limit, key=str(n % 7))
    ((left,),) = site.rows("select count(*) from hipflask.rate_limits where name = 'old'")
    assert left < 3500
    assert site.rows("select count(*) from hipflask.rate_limits where name = 'many'") == [(7,)]


def test_sweep_deletes_all_that_is_worthless_and_nothing_else(site: LimitedSite) -> None:
    site.get("/limited")
    site.get("/api/ours")
    site.backend.clock.advance(seconds=21)  # the first is whole again, the second not yet
    assert site.limits.sweep() == 1
    assert site.rows("select subject from hipflask.rate_limits") == [("everyone",)]


def test_who_has_used_what_can_be_looked_at_and_given_back(site: LimitedSite) -> None:
    site.statuses(2, "/limited")
    site.statuses(2, "/api/ours")
    seen = site.limits.in_use()
    assert [(row.name, row.subject, row.used, row.quota) for row in seen] == [
        ("ours:everyone:60", "everyone", 2, 2),
        ("limited:address:60", "address 203.0.113.7", 2, 3),
    ]
    assert [row.used for row in site.limits.in_use(most=1)] == [2]
    assert site.statuses(1, "/api/ours") == [429]
    site.limits.release(seen[0].key)
    assert site.statuses(1, "/api/ours") == [200]
    site.backend.clock.advance(seconds=60)
    assert site.limits.in_use() == []


def test_the_same_limit_twice_counts_once(site: LimitedSite) -> None:
    limit = Limit(2, per=60, name="same")
    assert [each.remaining for each in site.limits_in_app(limit, limit, key="k")] == [1]


@pytest.mark.parametrize(
    ("quota", "per", "more"),
    [
        (0, 60, {}),
        (MOST_QUOTA + 1, 86_400, {}),
        (5, 0, {}),
        (5000, 1, {}),
        (5, 60, {"name": 'a"b'}),
        (5, 60, {"by": "nobody"}),
        (5, 60, {"when_away": "perhaps"}),
    ],
)
def test_a_limit_that_makes_no_sense(quota: int, per: int, more: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"limit|counted|when_away"):
        Limit(quota, per, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["anon", "authenticated"])
@pytest.mark.parametrize(
    "query",
    [
        "select * from hipflask.rate_limits",
        "select * from hipflask.failed_tries",
        "select hipflask.sweep_rate_limits(1)",
        "select * from hipflask.take_from_rate_limits('{}', '{}', '{}', '{}', '{}')",
        "select hipflask.begin_try('{}', '{}', '{}', '{}', '{}', '{}', '{}')",
        "select hipflask.settle_try('{}', '{}', '{}')",
    ],
)
def test_no_user_counts_or_looks(site: LimitedSite, role: str, query: str) -> None:
    with psycopg.connect(site.backend.database_url) as connection:
        connection.execute(f"set local role {role}")  # type: ignore[arg-type]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query)  # type: ignore[arg-type]
