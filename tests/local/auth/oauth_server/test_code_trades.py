"""Trading a code: by somebody banned, by two at once, and how often one may register."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import Cluster
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.oauth_server.test_oauth_server import BACK, approved, registered, traded
from tests.local.auth.service import AuthService, Reply, assert_refused
from tests.local.auth.test_verify import wait_until

ON = {"enabled": True, "allow_dynamic_registration": True}


@pytest.fixture
def server(make_auth: MakeAuth) -> AuthService:
    return make_auth(oauth_server=ON)


def ban(server: AuthService, person: Any, duration: str = "24h") -> None:
    path = f"/admin/users/{person['user']['id']}"
    answer = server.put(path, {"ban_duration": duration}, bearer=server.service_role)
    assert answer.status_code == 200


def test_somebody_banned_gets_no_tokens_until_the_ban_ends(server: AuthService) -> None:
    person = server.sign_up()
    client = registered(server)
    code = approved(server, client, person["access_token"])
    ban(server, person)
    answer = traded(server, client, code=code)
    assert (answer.status_code, answer.json) == (
        400,
        {"error": "access_denied", "error_description": "User is banned"},
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert server.count("auth.sessions", "oauth_client_id is not null") == 0
    ban(server, person, "none")
    assert traded(server, client, code=code).status_code == 200


def test_somebody_banned_does_not_refresh(server: AuthService) -> None:
    person = server.sign_up()
    client = registered(server)
    code = approved(server, client, person["access_token"])
    tokens = traded(server, client, code=code).json
    ban(server, person)
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    answer = traded(server, client, **again)
    assert_refused(answer, 400, "user_banned")
    info = server.get("/oauth/userinfo", bearer=tokens["access_token"])
    assert_refused(info, 403, "user_banned")


def test_of_two_trades_at_once_one_succeeds(server: AuthService, cluster: Cluster) -> None:
    """The second finds the code held by the first, and ends nothing that the first opened."""
    client = registered(server)
    code = approved(server, client, server.sign_up()["access_token"])
    answers: list[Reply] = []
    first = threading.Thread(target=lambda: answers.append(traded(server, client, code=code)))
    with psycopg.connect(cluster.url()) as holder:
        # The first trade holds the code and gets no further than its audit entry.
        holder.execute("lock table auth.audit_log_entries in exclusive mode")
        first.start()
        wait_until(lambda: server.count("pg_stat_activity", "wait_event_type = 'Lock'") == 1)
        second = traded(server, client, code=code)
    first.join()
    assert (second.status_code, second.json["error"]) == (400, "invalid_grant")
    assert answers[0].status_code == 200
    bearer = answers[0].json["access_token"]
    assert server.get("/oauth/userinfo", bearer=bearer).status_code == 200
    assert server.count("auth.sessions", "oauth_client_id is not null") == 1


def test_many_trades_at_once(server: AuthService) -> None:
    client = registered(server)
    code = approved(server, client, server.sign_up()["access_token"])
    start = threading.Barrier(8)
    statuses: list[int] = []

    def trade() -> None:
        start.wait()
        statuses.append(traded(server, client, code=code).status_code)

    threads = [threading.Thread(target=trade) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + 7 * [400]


def test_registering_is_counted_by_address(make_auth: MakeAuth) -> None:
    server = make_auth(oauth_server=ON, context={"rate_limit_header": "X-Real-IP"})

    def register(address: str) -> Reply:
        body = {"redirect_uris": [BACK]}
        return server.post("/oauth/clients/register", body, headers={"X-Real-IP": address})

    assert [register("192.0.2.1").status_code for _ in range(30)] == 30 * [201]
    assert_refused(register("192.0.2.1"), 429, "over_request_rate_limit")
    assert register("192.0.2.2").status_code == 201
    server.clock.advance(timedelta(seconds=30))
    assert register("192.0.2.1").status_code == 201
    assert_refused(register("192.0.2.1"), 429, "over_request_rate_limit")
    made = server.post(
        "/admin/oauth/clients",
        {"redirect_uris": [BACK]},
        bearer=server.service_role,
        headers={"X-Real-IP": "192.0.2.1"},
    )
    assert made.status_code == 201, "an administrator is not counted"
