"""`gcloud secrets`."""

from __future__ import annotations

import base64

from tests.google import FakeGoogle, Gcloud
from tests.google.conftest import NUMBER

NAME = "database-url"


def test_life_of_a_secret(google: FakeGoogle, gcloud: Gcloud) -> None:
    missing = gcloud.run("secrets", "describe", NAME)
    assert (missing.code, "not found" in missing.err.lower()) == (1, True)
    gcloud("secrets", "create", NAME, "--replication-policy=automatic")
    gcloud("secrets", "versions", "add", NAME, "--data-file=-", stdin="postgres://one")
    gcloud("secrets", "versions", "add", NAME, "--data-file=-", stdin="postgres://two")
    path = f"projects/{NUMBER}/secrets/{NAME}"
    listed = gcloud("secrets", "list", "--format=json").json
    assert [secret["name"] for secret in listed] == [path]
    assert gcloud("secrets", "describe", NAME, "--format=json").json["replication"] == {
        "automatic": {}
    }
    versions = gcloud("secrets", "versions", "list", NAME, "--format=json").json
    assert [it["name"] for it in versions] == [f"{path}/versions/2", f"{path}/versions/1"]
    access = ("secrets", "versions", "access")
    assert gcloud(*access, "latest", f"--secret={NAME}").out == "postgres://two"
    assert gcloud(*access, "1", f"--secret={NAME}").out == "postgres://one"
    gcloud("secrets", "delete", NAME, "--quiet")
    assert google.secret_manager.secrets == {}


def test_create_twice(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_secret(NAME, "one")
    again = gcloud.run("secrets", "create", NAME, "--replication-policy=automatic")
    assert (again.code, "already exists" in again.err) == (1, True)


def test_who_may_read(google: FakeGoogle, gcloud: Gcloud) -> None:
    secret = google.add_secret(NAME, "one")
    email = google.project.add_service_account("shop-runner").email
    role = "roles/secretmanager.secretAccessor"
    member = f"serviceAccount:{email}"
    grant = ("secrets", "add-iam-policy-binding", NAME)
    gcloud(*grant, f"--member={member}", f"--role={role}")
    policy = gcloud("secrets", "get-iam-policy", NAME, "--format=json").json
    assert policy["bindings"] == [{"members": [member], "role": role}]
    assert google.secret_manager.may_read(secret, email)
    assert not google.secret_manager.may_read(secret, google.project.default_account)


def test_payload_is_recorded_but_not_shown(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_secret(NAME)
    gcloud("secrets", "versions", "add", NAME, "--data-file=-", stdin="sesame")
    payload = google.requests[-1].body["payload"]["data"]
    assert base64.b64decode(payload) == b"sesame"
    assert payload not in repr(google.requests)
    assert google.requests[-1].command == "secrets.versions.add"


def test_payload_with_any_bytes(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_secret(NAME)
    value = "密码？~ÿ>\n "
    gcloud("secrets", "versions", "add", NAME, "--data-file=-", stdin=value)
    assert "_" in google.requests[-1].body["payload"]["data"]  # not base64's usual alphabet
    assert gcloud("secrets", "versions", "access", "1", f"--secret={NAME}").out == value


def test_disabled_version(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_secret(NAME, "one")
    gcloud("secrets", "versions", "disable", "1", f"--secret={NAME}", "--quiet")
    outcome = gcloud.run("secrets", "versions", "access", "latest", f"--secret={NAME}")
    assert (outcome.code, "is in DISABLED state" in outcome.err) == (1, True)
