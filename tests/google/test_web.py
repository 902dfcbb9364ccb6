"""The web of run.app: hosts, tags, who may come in, what the container gets."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.google import FakeGoogle
from tests.google.admin import deploy, ready
from tests.google.browser import visit
from tests.google.conftest import APIS, NUMBER, PROJECT, REGION
from tests.google.gcloud import inherited
from tests.google.small_app import SmallApp

IMAGE = f"us-west1-docker.pkg.dev/{PROJECT}/shop/web:v1"
URL = f"https://web-{NUMBER}.{REGION}.run.app"


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    """A project whose revisions run."""
    with FakeGoogle(apis=APIS, containers=SmallApp(), startup_seconds=20) as made:
        made.add_image(IMAGE)
        yield made


def test_container_gets_its_environment(google: FakeGoogle) -> None:
    service = deploy(google, IMAGE, GREETING="hello")
    seen = visit(google, f"{URL}/env").json
    revision = service["status"]["latestReadyRevisionName"]
    assert (seen["GREETING"], seen["K_SERVICE"], seen["K_REVISION"]) == ("hello", "web", revision)
    assert "PATH" not in seen


def test_headers_of_the_front_end(google: FakeGoogle) -> None:
    deploy(google, IMAGE)
    page = visit(google, f"{URL}/headers", headers={"X-Forwarded-For": "203.0.113.9"})
    assert page.json["X-Forwarded-For"] == "203.0.113.9,127.0.0.1"
    assert page.json["X-Forwarded-Proto"] == "https"
    assert page.json["Host"] == f"web-{NUMBER}.{REGION}.run.app"
    assert page.headers["Server"] == "Google Frontend"
    assert google.visits == [f"GET {URL}/headers"]


def test_cookie_makes_an_answer_private(google: FakeGoogle) -> None:
    deploy(google, IMAGE)
    assert visit(google, f"{URL}/cookie").headers["Cache-Control"] == "private"


def test_bodies_of_both_kinds(google: FakeGoogle) -> None:
    deploy(google, IMAGE)
    assert visit(google, f"{URL}/events").body == b"onetwo"
    assert visit(google, f"{URL}/", method="POST", body=b"x" * 100_000).body == b"x" * 100_000


def test_tag_has_its_own_address(google: FakeGoogle) -> None:
    deploy(google, IMAGE, WHICH="old")
    deploy(google, IMAGE, tag="canary", WHICH="new")
    assert visit(google, f"{URL}/env").json["WHICH"] == "old"
    tagged = URL.replace("https://", "https://canary---")
    assert visit(google, f"{tagged}/env").json["WHICH"] == "new"
    assert visit(google, URL.replace("https://", "https://other---")).status == 404


def test_private_service(google: FakeGoogle) -> None:
    deploy(google, IMAGE, public=False)
    page = visit(google, URL)
    assert (page.status, b"does not have permission" in page.body) == (403, True)
    assert visit(google, URL, headers={"Authorization": "Bearer t"}).status == 200


def test_paths_that_end_in_z_never_arrive(google: FakeGoogle) -> None:
    deploy(google, IMAGE)
    page = visit(google, f"{URL}/healthz")
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")


def test_unknown_host(google: FakeGoogle) -> None:
    assert visit(google, f"https://nobody-{NUMBER}.{REGION}.run.app").status == 404


def test_revision_without_process(google: FakeGoogle) -> None:
    google.add_image(IMAGE.replace(":v1", ":nothing"))
    assert ready(deploy(google, IMAGE.replace(":v1", ":nothing")))["status"] == "True"
    assert visit(google, URL).status == 503


def test_container_that_ends(google: FakeGoogle) -> None:
    deploy(google, IMAGE, WHICH="old")
    condition = ready(deploy(google, IMAGE, WHICH="new", CRASH="1"))
    assert condition["status"] == "False"
    assert "failed to start and listen on the port" in condition["message"]
    assert visit(google, f"{URL}/env").json["WHICH"] == "old"
    assert google.logs.entries[-2]["severity"] == "ERROR"


def test_container_that_does_not_listen() -> None:
    with FakeGoogle(apis=APIS, containers=SmallApp(), startup_seconds=1) as google:
        google.add_image(IMAGE)
        assert ready(deploy(google, IMAGE, DEAF="1"))["status"] == "False"


def test_requests_are_logged(google: FakeGoogle) -> None:
    deploy(google, IMAGE)
    visit(google, URL)
    entry = google.logs.entries[-1]
    assert entry["httpRequest"]["requestUrl"] == f"{URL}/"
    assert entry["logName"].endswith("run.googleapis.com%2Frequests")


def test_child_process_with_the_environment(google: FakeGoogle, tmp_path: Path) -> None:
    """A program that honours HTTPS_PROXY and SSL_CERT_FILE reaches the container."""
    deploy(google, IMAGE, WHICH="mine")
    program = f"import urllib.request as r; print(r.urlopen('{URL}/env').read().decode())"
    environ = {**inherited(), **google.environ(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60
    )
    assert json.loads(done.stdout)["WHICH"] == "mine", done.stderr


def test_head_and_timeout(google: FakeGoogle) -> None:
    deploy(google, IMAGE)
    page = visit(google, URL, method="HEAD")
    assert (page.status, page.headers["Content-Length"], page.body) == (200, "7", b"")
    google.service("web").latest.template.spec["timeoutSeconds"] = 0.2
    assert visit(google, f"{URL}/slow").status == 504


def test_service_that_is_not_for_the_internet(google: FakeGoogle) -> None:
    deploy(google, IMAGE)
    google.service("web").metadata["annotations"]["run.googleapis.com/ingress"] = "internal"
    assert visit(google, URL).status == 404


def test_anywhere_else_is_refused(google: FakeGoogle) -> None:
    with socket.create_connection(("127.0.0.1", google.port)) as connection:
        connection.sendall(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
        assert b"403" in connection.recv(1000).splitlines()[0]
    assert google.refused_hosts == ["example.com"]


def test_certificate_is_our_own(google: FakeGoogle) -> None:
    context = ssl.create_default_context()
    with socket.create_connection(("127.0.0.1", google.port)) as connection:
        host = f"web-{NUMBER}.{REGION}.run.app"
        connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
        assert b"200" in connection.recv(1000)
        with pytest.raises(ssl.SSLCertVerificationError):
            context.wrap_socket(connection, server_hostname=host)
