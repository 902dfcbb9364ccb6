"""Sessions on the server: load, refresh, rotate keys, list, revoke."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest

from hipflask.errors import AuthUnavailable, SessionExpired
from hipflask.kit.auth.answers import Tokens
from hipflask.kit.auth.sessions import Session, Sessions, Visitor
from hipflask.kit.auth.sessions.store import SEEN_EVERY
from hipflask.kit.web.seal import Sealer
from hipflask.testing import SupabaseBackend
from tests.kit.auth.conftest import PASSWORD, Site

ID = "s" * 43
OTHER = "t" * 43


class Refreshing:
    """The way to Auth for refreshing, with a count and a switch."""

    def __init__(self, site: Site) -> None:
        self._client = site.state.client
        self.calls = 0
        self.error: Exception | None = None

    def __call__(self, refresh_token: str) -> Tokens:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return self._client.refresh(refresh_token)


@pytest.fixture
def refreshing(site: Site) -> Refreshing:
    return Refreshing(site)


MakeSessions = Callable[..., Sessions]


@pytest.fixture
def make_sessions(site: Site, refreshing: Refreshing) -> MakeSessions:
    """Makes what another process would have: its own cache over the same database."""

    def make(*keys: str, lifetime: timedelta = timedelta(days=30)) -> Sessions:
        clock = site.backend.clock
        sealer = Sealer(keys or ("key",), clock=clock)
        return Sessions(site.state.db, refreshing, sealer, clock, lifetime=lifetime)

    return make


@pytest.fixture
def sessions(make_sessions: MakeSessions) -> Sessions:
    return make_sessions()


def sign_in(site: Site, email: str = "ann@example.com") -> Tokens:
    return site.state.client.sign_in_with_password(email, PASSWORD)


def sql(backend: SupabaseBackend, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def loaded(session: Session | None) -> Session:
    assert session is not None
    return session


def test_open_and_load(site: Site, sessions: Sessions, ann: str) -> None:
    tokens = sign_in(site)
    sessions.open(ID, tokens, Visitor("203.0.113.7", "Firefox"))
    session = loaded(sessions.load(ID))
    assert session.user.email == ann
    assert session.access_token == tokens.access_token
    assert sessions.load(OTHER) is None
    assert "eyJ" not in repr(session)


def test_fresh_token_is_not_refreshed(
    site: Site, sessions: Sessions, refreshing: Refreshing, ann: str
) -> None:
    sessions.open(ID, sign_in(site), Visitor())
    site.backend.clock.advance(minutes=58)
    sessions.load(ID)
    assert refreshing.calls == 0


@pytest.mark.parametrize("minutes", [59.5, 61, 60 * 24 * 20])
def test_due_token_is_refreshed_once(
    site: Site, sessions: Sessions, refreshing: Refreshing, ann: str, minutes: float
) -> None:
    first = sessions.open(ID, sign_in(site), Visitor())
    site.backend.clock.advance(minutes=minutes)
    renewed = loaded(sessions.load(ID))
    assert renewed.access_token != first.access_token
    assert renewed.refresh_token != first.refresh_token
    assert loaded(sessions.load(ID)).access_token == renewed.access_token
    assert refreshing.calls == 1


def test_another_process_finds_the_new_tokens(
    site: Site, make_sessions: MakeSessions, refreshing: Refreshing, ann: str
) -> None:
    one, two = make_sessions(), make_sessions()
    stale = one.open(ID, sign_in(site), Visitor())
    loaded(two.load(ID))
    site.backend.clock.advance(minutes=61)
    renewed = loaded(one.load(ID))
    assert loaded(two.refresh(stale)).access_token == renewed.access_token
    assert refreshing.calls == 1


def test_session_ends_after_its_days(site: Site, make_sessions: MakeSessions, ann: str) -> None:
    sessions = make_sessions(lifetime=timedelta(days=1))
    sessions.open(ID, sign_in(site), Visitor())
    site.backend.clock.advance(hours=23)
    assert sessions.load(ID) is not None
    site.backend.clock.advance(hours=2)
    assert sessions.load(ID) is None
    sessions.open(OTHER, sign_in(site), Visitor())
    assert sql(site.backend, "select count(*) from hipflask.sessions") == [(1,)]


def test_session_that_auth_has_ended_is_over(
    site: Site, sessions: Sessions, refreshing: Refreshing, ann: str
) -> None:
    sessions.open(ID, sign_in(site), Visitor())
    sql(site.backend, "delete from auth.sessions")
    site.backend.clock.advance(minutes=61)
    assert sessions.load(ID) is None
    assert sessions.load(ID) is None
    assert refreshing.calls == 1
    assert sql(site.backend, "select * from hipflask.sessions") == []


def test_banned_user_is_out(site: Site, sessions: Sessions, ann: str) -> None:
    sessions.open(ID, sign_in(site), Visitor())
    sql(site.backend, "update auth.users set banned_until = '2100-01-01'")
    site.backend.clock.advance(minutes=61)
    assert sessions.load(ID) is None


def test_auth_away_signs_nobody_out(
    site: Site, sessions: Sessions, refreshing: Refreshing, ann: str
) -> None:
    first = sessions.open(ID, sign_in(site), Visitor())
    refreshing.error = AuthUnavailable("away", reason="unreachable")
    site.backend.clock.advance(minutes=59.5)
    for _ in range(5):
        assert loaded(sessions.load(ID)).access_token == first.access_token
    assert refreshing.calls == 1  # Auth is not asked by every request while it is away
    site.backend.clock.advance(minutes=1)
    with pytest.raises(AuthUnavailable):
        sessions.load(ID)
    refreshing.error = None
    assert loaded(sessions.load(ID)).user.email == ann


def test_error_in_refreshing_gives_the_row_free(
    site: Site, sessions: Sessions, refreshing: Refreshing, ann: str
) -> None:
    sessions.open(ID, sign_in(site), Visitor())
    site.backend.clock.advance(minutes=61)
    refreshing.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        sessions.load(ID)
    refreshing.error = None
    assert sessions.load(ID) is not None


def test_tokens_of_two_people_are_no_session(site: Site, sessions: Sessions, ann: str) -> None:
    site.backend.create_user("eve@example.com", password=PASSWORD)
    mine, hers = sign_in(site), sign_in(site, "eve@example.com")
    mixed = Tokens(mine.access_token, hers.refresh_token, mine.claims)
    sessions.open(ID, mixed, Visitor())
    site.backend.clock.advance(minutes=61)
    assert sessions.load(ID) is None


def test_key_rotation(site: Site, make_sessions: MakeSessions, ann: str) -> None:
    make_sessions("old").open(ID, sign_in(site), Visitor())
    rotated = make_sessions("new", "old")
    assert rotated.load(ID) is not None
    site.backend.clock.advance(minutes=61)
    assert rotated.load(ID) is not None  # refreshed, so sealed with the new key by now
    assert make_sessions("new").load(ID) is not None
    assert make_sessions("old").load(ID) is None


def test_sealed_tokens_belong_to_their_row(site: Site, sessions: Sessions, ann: str) -> None:
    site.backend.create_user("eve@example.com", password=PASSWORD)
    sessions.open(ID, sign_in(site), Visitor())
    sessions.open(OTHER, sign_in(site, "eve@example.com"), Visitor())
    sql(
        site.backend,
        "update hipflask.sessions a set tokens = b.tokens from hipflask.sessions b"
        " where a.user_id <> b.user_id",
    )
    assert sessions.load(ID) is None
    assert sessions.load(OTHER) is None


def test_list_and_revoke_by_handle(site: Site, sessions: Sessions, ann: str) -> None:
    here = sessions.open(ID, sign_in(site), Visitor("203.0.113.7", "Firefox " + "x" * 999))
    site.backend.clock.advance(minutes=1)
    sessions.open(OTHER, sign_in(site), Visitor("2001:db8::1", "Safari\0"))
    safari, firefox = sessions.of_user(here.user.id, current=here)
    assert (safari.user_agent, safari.address, safari.is_current) == (
        "Safari",
        "2001:db8::1",
        False,
    )
    assert firefox.is_current
    assert len(firefox.user_agent) == 400
    assert sessions.revoke_handle("00000000-0000-4000-8000-000000000000", safari.handle) is None
    assert sessions.load(OTHER) is not None
    taken = sessions.revoke_handle(here.user.id, safari.handle)
    assert loaded(taken).user.email == ann
    assert sessions.load(OTHER) is None
    assert sessions.revoke_handle(here.user.id, "not a handle") is None
    assert sessions.load(ID) is not None


def test_revoke_others_and_all(site: Site, sessions: Sessions, ann: str) -> None:
    here = sessions.open(ID, sign_in(site), Visitor())
    sessions.open(OTHER, sign_in(site), Visitor())
    loaded(sessions.load(OTHER))
    assert sessions.revoke_others(here) == 1
    assert sessions.load(OTHER) is None
    assert sessions.revoke_all(here.user.id) == 1
    assert sessions.load(ID) is None


def test_another_process_notices_within_seconds(
    site: Site, make_sessions: MakeSessions, ann: str
) -> None:
    one, two = make_sessions(), make_sessions()
    here = one.open(ID, sign_in(site), Visitor())
    loaded(two.load(ID))
    one.revoke(here)
    assert one.load(ID) is None
    assert two.load(ID) is not None
    site.backend.clock.advance(seconds=6)
    assert two.load(ID) is None


def test_last_seen_is_noted_now_and_then(site: Site, sessions: Sessions, ann: str) -> None:
    here = sessions.open(ID, sign_in(site), Visitor())

    def seen() -> object:
        return sql(site.backend, "select last_seen_at from hipflask.sessions")[0][0]

    begin = seen()
    site.backend.clock.advance(seconds=30)
    sessions.load(ID)
    assert seen() == begin
    site.backend.clock.advance(SEEN_EVERY)
    sessions.load(ID)
    assert seen() != begin
    assert sessions.of_user(here.user.id)[0].is_current is False


def test_table_is_closed_to_the_api_roles(site: Site) -> None:
    for role in ("anon", "authenticated"):
        with psycopg.connect(site.backend.database_url) as connection:
            connection.execute(f"set role {role}")  # type: ignore[arg-type]
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("select * from hipflask.sessions")
    unprotected = sql(
        site.backend,
        "select relname from pg_class where relnamespace = 'hipflask'::regnamespace"
        " and relkind = 'r' and not relrowsecurity",
    )
    assert unprotected == []


def test_expired_session_error_is_not_swallowed_elsewhere(
    site: Site, sessions: Sessions, refreshing: Refreshing, ann: str
) -> None:
    sessions.open(ID, sign_in(site), Visitor())
    refreshing.error = SessionExpired("over", code="session_not_found")
    site.backend.clock.advance(minutes=61)
    assert sessions.load(ID) is None
    assert sql(site.backend, "select * from hipflask.sessions") == []
