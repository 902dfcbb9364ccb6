"""`gcloud run services` and `revisions`: traffic, tags, updates, policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.google import FakeGoogle, Gcloud
from tests.google.admin import call, deploy
from tests.google.conftest import NUMBER, PROJECT, REGION

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"
WEB = ("web", f"--region={REGION}")
UPDATE = ("run", "services", "update-traffic", *WEB)


@pytest.fixture
def names(google: FakeGoogle, gcloud: Gcloud) -> list[str]:
    """A service with two revisions; both names."""
    google.add_image(IMAGE)
    deploy(google, IMAGE, WHICH="one")
    deploy(google, IMAGE, WHICH="two")
    return [revision.name for revision in google.service("web").revisions]


def traffic(gcloud: Gcloud) -> list[dict[str, Any]]:
    service = gcloud("run", "services", "describe", *WEB, "--format=json").json
    found: list[dict[str, Any]] = service["status"]["traffic"]
    return found


def test_split_and_tags(google: FakeGoogle, gcloud: Gcloud, names: list[str]) -> None:
    one, two = names
    gcloud(*UPDATE, f"--to-revisions={one}=90,{two}=10", f"--update-tags=canary={two}")
    url = f"https://canary---web-{NUMBER}.{REGION}.run.app"
    assert traffic(gcloud) == [
        {"percent": 90, "revisionName": one},
        {"percent": 10, "revisionName": two},
        {"revisionName": two, "tag": "canary", "url": url},  # a target of its own
    ]
    gcloud(*UPDATE, "--to-tags=canary=60")
    assert [(it.get("percent"), it["revisionName"]) for it in traffic(gcloud)] == [
        (40, one),
        (60, two),
        (None, two),
    ]
    gcloud(*UPDATE, "--remove-tags=canary")
    assert all("tag" not in it for it in traffic(gcloud))
    gcloud(*UPDATE, "--to-latest")
    assert traffic(gcloud) == [{"latestRevision": True, "percent": 100, "revisionName": two}]
    assert len(google.service("web").revisions) == 2


def test_revision_that_is_not_there(gcloud: Gcloud, names: list[str]) -> None:
    outcome = gcloud.run(*UPDATE, "--to-revisions=web-00009-xyz=100")
    assert (outcome.code, "does not exist or is deleted" in outcome.err) == (1, True)


def test_traffic_moves_after_a_failed_revision(
    google: FakeGoogle, gcloud: Gcloud, names: list[str]
) -> None:
    """A choice of the fake (see run_service.py): gcloud reports the failure, the traffic moves."""
    deploy(google, f"{IMAGE}-not-there")
    outcome = gcloud.run(*UPDATE, f"--to-revisions={names[0]}=100")
    assert (outcome.code, "is not ready and cannot serve traffic" in outcome.err) == (1, True)
    assert traffic(gcloud) == [{"percent": 100, "revisionName": names[0]}]


def test_update_makes_a_revision(google: FakeGoogle, gcloud: Gcloud, names: list[str]) -> None:
    gcloud("run", "services", "update", *WEB, "--max-instances=5", "--min=1")
    listed = gcloud(
        "run", "revisions", "list", "--service=web", f"--region={REGION}", "--format=json"
    ).json
    newest = listed[0]
    assert [it["metadata"]["name"] for it in listed][1:] == [names[1], names[0]]
    assert newest["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"] == "5"
    service = gcloud("run", "services", "list", "--format=json").json[0]
    assert service["metadata"]["annotations"]["run.googleapis.com/minScale"] == "1"
    described = gcloud(
        "run", "revisions", "describe", names[0], f"--region={REGION}", "--format=json"
    ).json
    assert described["status"]["imageDigest"].startswith(IMAGE.removesuffix(":v1") + "@sha256:")
    assert described["spec"]["containers"][0]["env"] == [{"name": "WHICH", "value": "one"}]


def test_change_of_what_was_not_read(google: FakeGoogle, gcloud: Gcloud, names: list[str]) -> None:
    where = f"http://{REGION}-run.fake.test/apis/serving.knative.dev/v1/namespaces/{PROJECT}"
    _, before = call(google, "GET", f"{where}/services/web")
    gcloud(*UPDATE, "--to-latest")
    status, answer = call(google, "PUT", f"{where}/services/web", before)
    assert (status, answer["error"]["status"]) == (409, "ABORTED")


def test_replace(google: FakeGoogle, gcloud: Gcloud, names: list[str], tmp_path: Path) -> None:
    described = gcloud("run", "services", "describe", *WEB, "--format=export").out
    (tmp_path / "web.yaml").write_text(described.replace("value: two", "value: three"))
    gcloud("run", "services", "replace", "web.yaml", f"--region={REGION}")
    assert google.service("web").latest.environment["WHICH"] == "three"


def test_policy_of_a_service(google: FakeGoogle, gcloud: Gcloud, names: list[str]) -> None:
    services = ("run", "services")
    everybody = ("--member=allUsers", "--role=roles/run.invoker")
    gcloud(*services, "remove-iam-policy-binding", *WEB, *everybody)
    assert "bindings" not in gcloud(*services, "get-iam-policy", *WEB, "--format=json").json
    gcloud(*services, "add-iam-policy-binding", *WEB, *everybody)
    policy = gcloud(*services, "get-iam-policy", *WEB, "--format=json").json
    assert policy["bindings"] == [{"members": ["allUsers"], "role": "roles/run.invoker"}]


def test_delete(google: FakeGoogle, gcloud: Gcloud, names: list[str]) -> None:
    gcloud("run", "services", "delete", *WEB, "--quiet")
    missing = gcloud.run("run", "services", "describe", *WEB)
    assert (missing.code, "Cannot find service [web]" in missing.err) == (1, True)
