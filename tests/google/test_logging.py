"""`gcloud logging read`, and the language of its filters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.google import FakeGoogle, Gcloud
from tests.google.admin import deploy
from tests.google.conftest import PROJECT, REGION
from tests.google.errors import GoogleError
from tests.google.log_filter import matches

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"
ENTRY: dict[str, Any] = {
    "severity": "WARNING",
    "timestamp": "2026-11-24T10:00:00.000000Z",
    "textPayload": "out of stamps",
    "resource": {"type": "cloud_run_revision", "labels": {"service_name": "web"}},
    "httpRequest": {"status": 503},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("severity>=WARNING", True),
        ("severity>=ERROR", False),
        ('resource.type="cloud_run_revision" AND resource.labels.service_name="web"', True),
        ("resource.type = cloud_run_revision resource.labels.service_name=other", False),
        ("(severity=ERROR OR severity=WARNING) AND NOT textPayload:letters", True),
        ('textPayload:"OF STAMPS"', True),
        ('textPayload=~"^out"', True),
        ("httpRequest.status>=500", True),
        ("httpRequest.status<500", False),
        ('timestamp>="2026-11-24T09:00:00.5+00:00"', True),
        ('timestamp>="2026-11-25T00:00:00Z"', False),
        ("jsonPayload.user=ann", False),
        ("stamps", True),
    ],
)
def test_filter(text: str, expected: bool) -> None:
    assert matches(ENTRY, text) is expected


def test_unreadable_filter() -> None:
    with pytest.raises(GoogleError, match="Unparseable filter"):
        matches(ENTRY, "(severity=ERROR")


def test_read(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_image(IMAGE)
    deploy(google, IMAGE)
    google.log("web", "first", severity="INFO")
    google.log("web", "second", severity="ERROR")
    query = 'resource.type="cloud_run_revision" AND resource.labels.service_name="web"'
    read = ("logging", "read")
    entries = gcloud(*read, query, "--limit=5", "--format=json").json
    assert [entry["textPayload"] for entry in entries] == ["second", "first"]
    entries = gcloud(*read, f"{query} AND severity>=ERROR", "--format=json").json
    assert [entry["textPayload"] for entry in entries] == ["second"]
    lines = gcloud("run", "services", "logs", "read", "web", f"--region={REGION}").out
    assert [line.split()[-1] for line in lines.split("\n") if line] == ["first", "second"]
