"""Calls to providers keep to the internet, to a size, and to the address they were given."""

from __future__ import annotations

import contextlib
import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hipflask.local.auth.external.outbound import LARGEST, Outbound, ProviderFailure
from hipflask.local.auth.external.public_pool import is_public, public_pool

Serve = Callable[[int, bytes, dict[str, str]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a maker of servers that always answer the same."""
    servers: list[ThreadingHTTPServer] = []

    def make(status: int, body: bytes, headers: dict[str, str]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/x?secret=1"

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def test_no_redirect_is_followed(serve: Serve) -> None:
    good = serve(200, b"{}", {})
    with pytest.raises(ProviderFailure, match="status 302"):
        Outbound().get_json(serve(302, b"", {"Location": good}))
    assert Outbound().get_json(good) == {}


def test_size_and_form(serve: Serve) -> None:
    with pytest.raises(ProviderFailure, match="too long"):
        Outbound().get_json(serve(200, b" " * (LARGEST + 1), {}))
    with pytest.raises(ProviderFailure, match="not JSON") as refused:
        Outbound().get_json(serve(200, b"<p>", {}))
    assert "secret" not in str(refused.value)


def test_an_answer_that_never_ends() -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                while True:
                    self.wfile.write(b" ")
                    time.sleep(0.02)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        with pytest.raises(ProviderFailure, match="TimeoutError"):
            Outbound(longest=0.2).get_json(f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_what_was_packed_is_unpacked_up_to_the_limit(serve: Serve) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert Outbound().get_json(serve(200, gzip.compress(b'{"a": 1}'), packed)) == {"a": 1}
    with pytest.raises(ProviderFailure, match="too long"):
        Outbound().get_json(serve(200, gzip.compress(bytes(50 * LARGEST)), packed))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "x"])
def test_only_the_web(url: str) -> None:
    with pytest.raises(ProviderFailure, match="not an address of the web"):
        Outbound().get_json(url)


def test_nobody_there() -> None:
    with pytest.raises(ProviderFailure):
        Outbound().get_json("http://127.0.0.1:9/x")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("100.64.0.1", False),
        ("", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_guarded_pool_hangs_up_on_this_machine(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        pool = public_pool()
        pool.connection_pool_kw |= {"cert_reqs": "CERT_NONE"}
        with pytest.raises(urllib3.exceptions.HTTPError, match="not a public address"):
            pool.request("GET", f"https://127.0.0.1:{server.server_port}/x", retries=False)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert asked == []
