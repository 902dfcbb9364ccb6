"""Whose authority a call has: the visitor's with a fresh token, anybody's, or the service's."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from werkzeug.test import Client

from hipflask import api_user, current_user, errors
from hipflask.kit.storage import Bucket, Storage
from hipflask.kit.storage.visitor import access_token
from hipflask.testing import SupabaseBackend
from tests.kit.storage.conftest import PASSWORD, Site
from tests.kit.storage.test_bucket import PNG

Ann = tuple[Client, str]


@pytest.fixture
def ben(backend: SupabaseBackend, site: Site) -> Ann:
    """Ben's browser, signed in, and his id."""
    backend.create_user("ben@example.com", password=PASSWORD)
    return site.sign_in("ben@example.com")


def own(site: Site) -> Bucket:
    return site.hip.storage.as_user().bucket("files")


def test_a_visitor_has_a_folder(site: Site, ann: Ann) -> None:
    browser, id_ = ann
    stored = site.run(browser, lambda: own(site).put(f"{id_}/a.txt", b"hello"))
    assert stored.id
    assert site.run(browser, lambda: own(site).get(f"{id_}/a.txt")) == b"hello"
    assert site.run(browser, lambda: own(site).delete([f"{id_}/a.txt"])) == (f"{id_}/a.txt",)


def test_nobody_reaches_into_anothers_folder(site: Site, ann: Ann, ben: Ann) -> None:
    (browser, _), (_, other) = ann, ben
    with site.app.app_context():
        site.hip.storage.as_service().bucket("files").put(f"{other}/a.txt", b"his")
    calls: list[tuple[Callable[[], object], type[errors.StorageError]]] = [
        (lambda: own(site).put(f"{other}/b.txt", b""), errors.NotAllowed),
        (lambda: own(site).put(f"{other}/a.txt", b"", upsert=True), errors.NotAllowed),
        (lambda: own(site).get(f"{other}/a.txt"), errors.ObjectNotFound),
        (lambda: own(site).info(f"{other}/a.txt"), errors.ObjectNotFound),
        (lambda: own(site).move(f"{other}/a.txt", "b"), errors.ObjectNotFound),
        (lambda: own(site).copy(f"{other}/a.txt", "b"), errors.ObjectNotFound),
        (lambda: own(site).sign_download(f"{other}/a.txt", 60), errors.ObjectNotFound),
        (lambda: own(site).sign_upload(f"{other}/b.txt"), errors.NotAllowed),
    ]
    for call, kind in calls:
        with pytest.raises(kind):
            site.run(browser, call)
    assert site.run(browser, lambda: own(site).delete([f"{other}/a.txt"])) == ()
    assert site.run(browser, lambda: own(site).list(other)).objects == ()
    assert site.run(browser, lambda: list(own(site).walk())) == []
    assert site.run(browser, lambda: own(site).sign_downloads([f"{other}/a.txt"], 60)) == {}


def test_the_owner_is_the_visitor(site: Site, ann: Ann, backend: SupabaseBackend) -> None:
    browser, id_ = ann
    site.run(browser, lambda: own(site).put(f"{id_}/a", b""))
    with site.app.app_context():
        row = site.hip.db.fetch_one_as(
            site.state.db.as_service()._scope, "select owner_id from storage.objects"
        )
    assert row is not None
    assert row["owner_id"] == id_


def test_as_the_current_user(site: Site, ann: Ann) -> None:
    browser, id_ = ann
    put = lambda: site.hip.storage.as_user(current_user).bucket("files").put(f"{id_}/a", b"")  # noqa: E731
    assert site.run(browser, put).size == 0


def test_nobody_is_signed_in(site: Site) -> None:
    for who in ({}, {"who": current_user}):
        with pytest.raises(errors.NotSignedIn):
            site.run(Client(site.app), lambda who=who: site.hip.storage.as_user(**who))  # type: ignore[misc]


def test_nobody_stands_in_for_another(site: Site, ann: Ann, ben: Ann) -> None:
    (browser, _), (other, _) = ann, ben
    user = site.run(other, lambda: current_user._get_current_object())  # type: ignore[attr-defined]
    with pytest.raises(errors.NotSignedIn, match="the signed-in visitor"):
        site.run(browser, lambda: site.hip.storage.as_user(user))


def test_outside_a_request_there_is_no_visitor(site: Site) -> None:
    with site.app.app_context(), pytest.raises(errors.NotSignedIn, match="no request"):
        site.hip.storage.as_user()


def test_a_token_that_is_due_is_refreshed_first(
    site: Site, ann: Ann, backend: SupabaseBackend
) -> None:
    browser, id_ = ann
    backend.clock.advance(minutes=59, seconds=30)
    assert site.run(browser, lambda: own(site).put(f"{id_}/a", b"1")).size == 1
    backend.clock.advance(minutes=50)
    assert site.run(browser, lambda: own(site).get(f"{id_}/a")) == b"1"


def test_a_token_that_ends_during_a_request_is_refreshed(
    site: Site, ann: Ann, backend: SupabaseBackend
) -> None:
    browser, id_ = ann

    def long_job() -> list[str]:
        files = own(site)
        files.put(f"{id_}/a", b"")
        tokens = [files._caller.headers()["Authorization"]]
        backend.clock.advance(hours=2)
        files.put(f"{id_}/b", b"")
        tokens += [files._caller.headers()["Authorization"] for _ in range(2)]
        return tokens

    before, after, again = site.run(browser, long_job)
    assert before != after
    assert after == again


def test_a_session_that_was_ended_elsewhere_cannot_go_on(
    site: Site, ann: Ann, backend: SupabaseBackend
) -> None:
    browser, id_ = ann

    def job() -> None:
        files = own(site)
        site.hip.sessions.revoke_all(id_)
        backend.clock.advance(hours=2)
        files.put(f"{id_}/a", b"")

    with pytest.raises(errors.SessionExpired):
        site.run(browser, job)


def test_a_bearer_token_is_the_authority_of_the_api(site: Site, backend: SupabaseBackend) -> None:
    cleo = backend.signed_in("cleo@example.com")
    for who in (None, api_user):
        stored = site.run(
            Client(site.app),
            lambda who=who: (
                site.hip.storage.as_user(who)
                .bucket("files")
                .put(f"{cleo.user.id}/a", b"", upsert=True)
            ),
            "/api/v1/do",
            cleo.access_token,
        )
        assert stored.id


def test_a_bearer_token_that_was_not_checked_is_nobodys(
    site: Site, ann: Ann, backend: SupabaseBackend
) -> None:
    cleo = backend.signed_in("cleo@example.com")
    with pytest.raises(errors.NotSignedIn):
        site.run(ann[0], lambda: own(site).list(), "/do", cleo.access_token)


def test_a_recovery_token_opens_no_file(site: Site, backend: SupabaseBackend) -> None:
    backend.create_user("ann@example.com", password=PASSWORD)
    key = {"apikey": backend.publishable_key}
    asked = {"email": "ann@example.com"}
    backend.request("POST", "/auth/v1/recover", json=asked, headers=key)
    code = backend.mailbox.latest(to="ann@example.com").code
    used = asked | {"type": "recovery", "token": code}
    answer = backend.request("POST", "/auth/v1/verify", json=used, headers=key)
    token = answer.get_json()["access_token"]
    refused = site.ask(Client(site.app), lambda: own(site).list(), "/api/v1/do", token)
    assert refused.status_code == 403
    assert refused.get_json()["type"] == "/problems/one-time-token"
    with pytest.raises(errors.NotSignedIn):
        site.run(Client(site.app), lambda: own(site).list(), "/do", token)


def test_anybody_sees_what_policies_show(site: Site, files: Bucket) -> None:
    files.put("a", b"")
    anon = site.hip.storage.as_anon()
    assert anon.bucket("files").list().objects == ()
    with pytest.raises(errors.ObjectNotFound):
        anon.bucket("files").get("a")
    with pytest.raises(errors.NotAllowed) as caught:
        anon.bucket("files").put("b", b"")
    assert "row-level security" in caught.value.message
    site.hip.storage.as_service().bucket("pictures").put("a", PNG)
    assert anon.bucket("pictures").get("a") == PNG


@pytest.mark.parametrize("kind", ["new", "legacy"])
def test_both_kinds_of_keys(
    make_site: Callable[..., Site], backend: SupabaseBackend, kind: str
) -> None:
    legacy = {
        "SUPABASE_PUBLISHABLE_KEY": backend.anon_key,
        "SUPABASE_SECRET_KEY": backend.service_role_key,
    }
    site = make_site(**(legacy if kind == "legacy" else {}))
    with site.app.app_context():
        files = site.hip.storage.as_service().bucket("files")
        files.put("a", b"1")
        assert files.get("a") == b"1"
        assert site.hip.storage.as_anon().bucket("files").list().objects == ()


def test_without_a_secret_key_there_is_no_service(make_site: Callable[..., Site]) -> None:
    site = make_site(SUPABASE_SECRET_KEY="")
    with site.app.app_context(), pytest.raises(errors.ConfigError, match="SUPABASE_SECRET_KEY"):
        site.hip.storage.as_service()


def test_a_wrong_key_is_no_fault_of_the_visitor(make_site: Callable[..., Site]) -> None:
    site = make_site(SUPABASE_SECRET_KEY="sb_secret_ABCDEFGHIJKLMNOPQRSTUV_abcdefgh")
    with site.app.app_context(), pytest.raises(errors.StorageUnavailable) as caught:
        site.hip.storage.as_service().bucket("files").get("a")
    assert caught.value.reason == "api_key"


def test_a_refusal_is_a_problem_of_the_request(site: Site, ann: Ann) -> None:
    browser, id_ = ann
    answer = site.ask(browser, lambda: own(site).get(f"{id_}/none"), "/api/v1/open")
    assert (answer.status_code, answer.get_json()["type"]) == (404, "/problems/file-not-found")


def test_storage_that_is_away_is_worth_another_try(
    site: Site, ann: Ann, backend: SupabaseBackend
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        away = f"http://127.0.0.1:{taken.getsockname()[1]}/storage/v1"
    storage = Storage(away, backend.publishable_key, None, access_token)
    site.state.__dict__["storage"] = storage
    answer = site.ask(ann[0], lambda: own(site).list(), "/api/v1/open")
    assert (answer.status_code, answer.get_json()["type"]) == (503, "/problems/storage-away")
    assert answer.headers["Retry-After"] == "5"


def test_storage_shows_no_secret(site: Site, backend: SupabaseBackend, ann: Ann) -> None:
    storage = site.state.storage
    shown = site.run(ann[0], lambda: repr([storage, storage.as_user(), storage.as_service()]))
    assert backend.secret_key not in shown
    assert "eyJ" not in shown
    assert shown.endswith("<Access to Storage as service_role>]")
