"""What clients see while PostgreSQL is gone, and when it is back."""

from __future__ import annotations

from contextlib import ExitStack

import psycopg

from hipflask.local.auth import open_pool
from hipflask.local.postgres import Cluster
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import PASSWORD, assert_refused

ADA = {"email": "ada@example.com", "password": PASSWORD}
SIGN_IN = "/token?grant_type=password"


def test_nobody_meets_a_connection_that_was_closed(make_auth: MakeAuth, cluster: Cluster) -> None:
    with open_pool(cluster.url(user="supabase_auth_admin"), min_size=4) as pool:
        pool.wait()
        auth = make_auth(context={"pool": pool})
        auth.sign_up()
        with ExitStack() as stack:
            pids = [stack.enter_context(pool.connection()).info.backend_pid for _ in range(4)]
        for pid in pids:
            auth.database.execute("select pg_terminate_backend(%s, 1000)", (pid,))
        answers = [auth.post(SIGN_IN, ADA).status_code for _ in range(4)]
        assert answers == [200, 200, 200, 200]


def test_no_connection_in_time(make_auth: MakeAuth, cluster: Cluster) -> None:
    with open_pool(cluster.url(user="supabase_auth_admin"), max_size=1) as pool:
        pool.timeout = 0.05
        auth = make_auth(context={"pool": pool})
        with pool.connection(timeout=10):
            assert_refused(auth.post(SIGN_IN, ADA), 504, "request_timeout")


def test_statement_that_fails_leaves_the_connection_usable(
    make_auth: MakeAuth, cluster: Cluster
) -> None:
    with open_pool(cluster.url(user="supabase_auth_admin"), max_size=1) as pool:
        auth = make_auth(context={"pool": pool})
        auth.sign_up()
        assert auth.post("/signup", ADA).status_code == 422
        with pool.connection() as connection:
            assert connection.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
        auth.sign_in()
