"""Errors that a test orders, and requests that the fake refuses by itself."""

from __future__ import annotations

import pytest

from tests.google import FakeGoogle, Gcloud
from tests.google.admin import call
from tests.google.conftest import PROJECT

DESCRIBE = ("projects", "describe", PROJECT)
LINE = f"GET cloudresourcemanager /v1/projects/{PROJECT}"


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (400, "the fake says so"),
        (401, "the fake says so"),
        (403, "the fake says so"),
        (429, "RESOURCE_EXHAUSTED"),
    ],
)
def test_ordered_error(google: FakeGoogle, gcloud: Gcloud, status: int, shown: str) -> None:
    google.fail("^GET cloudresourcemanager", status=status, message="the fake says so", times=5)
    outcome = gcloud.run(*DESCRIBE)
    assert (outcome.code, shown in outcome.err) == (1, True), outcome.err


def test_gcloud_tries_again_after_503(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.fail("^GET cloudresourcemanager", status=503, times=1)
    gcloud(*DESCRIBE)
    assert google.lines == [LINE, LINE]
    assert [request.status for request in google.requests] == [503, 200]


def test_field_violations(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.fail("secrets", status=400, message="no", violations={"secret.name": "is too plain"})
    outcome = gcloud.run("secrets", "create", "key", "--replication-policy=automatic")
    assert "secret.name" in outcome.err
    assert "is too plain" in outcome.err


def test_unknown_path_is_noted(google: FakeGoogle) -> None:
    status, answer = call(google, "GET", "http://run.fake.test/v9/nothing")
    assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")
    assert [str(request) for request in google.unrouted] == ["GET run /v9/nothing"]
    google.unrouted.clear()


def test_crash_of_the_fake_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="the fake itself failed"), FakeGoogle() as google:
        service = f"http://run.fake.test/v1/projects/{PROJECT}/services:batchEnable"
        call(google, "POST", service.replace("run.", "serviceusage."), {"serviceIds": 7})
