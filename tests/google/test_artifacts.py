"""`gcloud artifacts`."""

from __future__ import annotations

from tests.google import FakeGoogle, Gcloud
from tests.google.conftest import PROJECT

WHERE = f"us-west1-docker.pkg.dev/{PROJECT}/shop"
DIGEST = "sha256:" + "ab" * 32


def test_repository(google: FakeGoogle, gcloud: Gcloud) -> None:
    described = ("artifacts", "repositories", "describe", "shop", "--location=us-west1")
    missing = gcloud.run(*described)
    assert (missing.code, "NOT_FOUND" in missing.err) == (1, True)
    created = ("artifacts", "repositories", "create", "shop", "--location=us-west1")
    gcloud(*created, "--repository-format=docker", "--description=Images")
    found = gcloud(*described, "--format=json").json
    assert (found["format"], found["description"]) == ("DOCKER", "Images")
    again = gcloud.run(*created, "--repository-format=docker")
    assert (again.code, "ALREADY_EXISTS" in again.err) == (1, True)
    listed = gcloud("artifacts", "repositories", "list", "--location=us-west1", "--format=json")
    assert [it["name"] for it in listed.json] == [found["name"]]
    gcloud("artifacts", "repositories", "delete", "shop", "--location=us-west1", "--quiet")
    assert google.artifacts.repositories == {}


def test_image(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_image(f"{WHERE}/web:v1", digest=DIGEST)
    images = ("artifacts", "docker", "images")
    summary = gcloud(*images, "describe", f"{WHERE}/web:v1", "--format=json").json["image_summary"]
    assert summary["fully_qualified_digest"] == f"{WHERE}/web@{DIGEST}"
    by_digest = gcloud(*images, "describe", f"{WHERE}/web@{DIGEST}", "--format=json").json
    assert by_digest["image_summary"]["digest"] == DIGEST
    missing = gcloud.run(*images, "describe", f"{WHERE}/web:v2")
    assert (missing.code, "Image not found" in missing.err) == (1, True)


def test_lists(google: FakeGoogle, gcloud: Gcloud) -> None:
    google.add_image(f"{WHERE}/web:v1", digest=DIGEST)
    google.add_image(f"{WHERE}/part/worker:v1")
    images = ("artifacts", "docker", "images", "list")
    everything = gcloud(*images, WHERE, "--include-tags", "--format=json").json
    assert {it["package"] for it in everything} == {f"{WHERE}/web", f"{WHERE}/part/worker"}
    one = gcloud(*images, f"{WHERE}/web", "--include-tags", "--format=json").json
    assert [(it["version"], it["tags"]) for it in one] == [(DIGEST, ["v1"])]
    tags = gcloud("artifacts", "docker", "tags", "list", f"{WHERE}/web", "--format=json").json
    assert [tag["tag"].rpartition("/")[2] for tag in tags] == ["v1"]


def test_tag_moves(google: FakeGoogle) -> None:
    google.add_image(f"{WHERE}/web:v1", digest=DIGEST)
    google.add_image(f"{WHERE}/web:v1", digest="sha256:" + "cd" * 32)
    assert google.artifacts.digest(f"{WHERE}/web:v1") == "sha256:" + "cd" * 32
    assert google.artifacts.digest(f"{WHERE}/web@{DIGEST}") == DIGEST
