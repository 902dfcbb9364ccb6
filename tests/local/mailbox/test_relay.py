"""Mail that leaves this machine, through a mail server that the test runs itself."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hipflask.errors import ConfigError, StackError
from hipflask.local.auth.mail import Mail
from hipflask.local.config import SmtpOut
from hipflask.local.mailbox import Envelope, Relay, RelaySettings
from hipflask.local.mailers import RelayMailer
from hipflask.protocol.clock import SystemClock
from tests.local.mailbox.mails import mail

ENVELOPE = Envelope("me@example.com", ("ada@example.com",))


class MailServer:
    """An SMTP server that wants TLS and one login."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.received: list[Any] = []
        self._loop = asyncio.new_event_loop()
        self._tls = tls
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._started.wait(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        create = self._loop.create_server(self._protocol, "127.0.0.1", 0)
        server = self._loop.run_until_complete(create)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _protocol(self) -> SMTP:
        return SMTP(
            self,
            tls_context=self._tls,
            require_starttls=True,
            authenticator=self._login,
            auth_required=True,
            loop=self._loop,
            hostname="localhost",
        )

    def _login(self, _server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> Any:
        assert isinstance(data, LoginPassword)
        right = data == LoginPassword(b"me@example.com", b"abcdefgh")
        return AuthResult(success=right, handled=right)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(envelope)
        return "250 OK"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[MailServer]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    server = MailServer(tls)
    yield server
    server.stop()


def relay(server: MailServer, certificate: Path, password: str = "abcdefgh") -> Relay:
    settings = RelaySettings("127.0.0.1", server.port, "me@example.com", password)
    return Relay(settings, tls=ssl.create_default_context(cafile=str(certificate)))


def test_sends_over_tls_with_a_login(server: MailServer, certificate: Path) -> None:
    relay(server, certificate).send(bytes(mail()), ENVELOPE)
    (envelope,) = server.received
    assert envelope.mail_from == "me@example.com"
    assert b"482913" in envelope.content


def test_refused_login_says_which_settings(server: MailServer, certificate: Path) -> None:
    with pytest.raises(StackError) as caught:
        relay(server, certificate, "wrong").send(bytes(mail()), ENVELOPE)
    assert "me@example.com" in caught.value.message
    assert "SMTP_PASSWORD" in caught.value.hint
    assert "wrong" not in caught.value.message + caught.value.hint


def test_unknown_certificate_is_refused(server: MailServer) -> None:
    settings = RelaySettings("127.0.0.1", server.port, "me@example.com", "abcdefgh")
    with pytest.raises(StackError, match="could not be sent"):
        Relay(settings).send(bytes(mail()), ENVELOPE)
    assert server.received == []


def test_dead_server_says_what_to_check() -> None:
    with pytest.raises(StackError) as caught:
        Relay(RelaySettings("127.0.0.1", 1)).send(bytes(mail()), ENVELOPE)
    assert "SMTP_HOST" in caught.value.hint


def test_mailer_sends_as_the_login(server: MailServer, certificate: Path) -> None:
    mailer = RelayMailer(relay(server, certificate), SystemClock())
    mailer.send(Mail("ada@example.com", "admin@email.com", "Admin", "Hi", "<p>Hi</p>", "Hi"))
    (envelope,) = server.received
    assert envelope.mail_from == "me@example.com"
    assert b"From: Admin <me@example.com>" in envelope.content


def test_mailer_fails_as_auth_expects() -> None:
    mailer = RelayMailer(Relay(RelaySettings("127.0.0.1", 1)), SystemClock())
    with pytest.raises(OSError, match=r"127\.0\.0\.1:1"):
        mailer.send(Mail("a@example.com", "b@example.com", "", "Hi", "", "Hi"))


def test_environment_names_a_server() -> None:
    environ = {
        "SMTP_HOST": "smtp.gmail.com",
        "SMTP_USER": "me@gmail.com",
        "SMTP_PASSWORD": "abcd efgh ijkl mnop",
        "MAIL_FROM": "shop@gmail.com",
    }
    settings = RelaySettings.from_settings(environ, None)
    assert settings is not None
    assert (settings.host, settings.port) == ("smtp.gmail.com", 587)
    assert settings.password == "abcdefghijklmnop"
    assert settings.sender == "shop@gmail.com"
    assert "abcd" not in repr(settings)


def test_config_names_a_server() -> None:
    smtp = SmtpOut(host="smtp.example.com", port=465, user="u", password="p w", admin_email="a@b.c")
    settings = RelaySettings.from_settings({}, smtp)
    assert settings is not None
    assert (settings.port, settings.password, settings.sender) == (465, "p w", "a@b.c")


@pytest.mark.parametrize(
    ("environ", "smtp"),
    [
        ({}, None),
        ({"SMTP_HOST": ""}, None),
        ({"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "54325"}, None),
        ({}, SmtpOut(enabled=False, host="smtp.example.com")),
    ],
)
def test_else_mail_stays_here(environ: dict[str, str], smtp: SmtpOut | None) -> None:
    assert RelaySettings.from_settings(environ, smtp) is None


def test_bad_port_is_refused() -> None:
    with pytest.raises(ConfigError, match="SMTP_PORT"):
        RelaySettings.from_settings({"SMTP_HOST": "h.example", "SMTP_PORT": "abc"}, None)
