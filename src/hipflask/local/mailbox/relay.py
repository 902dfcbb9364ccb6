"""Mail that really leaves this machine, through a server such as Gmail's."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from hipflask.errors import ConfigError, StackError
from hipflask.local.config import SmtpOut
from hipflask.local.mailbox.message import Envelope

IMPLICIT_TLS_PORT = 465  # RFC 8314; every other port starts in the clear and turns to TLS
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """A mail server, a login for it, and who the mail is from."""

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    sender_name: str = ""

    @classmethod
    def from_settings(
        cls, environ: Mapping[str, str], smtp: SmtpOut | None
    ) -> RelaySettings | None:
        """Return the server that ``SMTP_HOST`` or ``[auth.email.smtp]`` names, or ``None``.

        The environment wins. A loopback host is the mailbox itself and means no relay.
        """
        if host := environ.get("SMTP_HOST", "").strip():
            if host in _LOOPBACK:
                return None
            return cls(
                host=host,
                port=_port(environ.get("SMTP_PORT", "").strip() or "587"),
                user=environ.get("SMTP_USER", "").strip(),
                # Gmail shows an app password in four groups; the blanks are not part of it.
                password=_without_blanks(environ.get("SMTP_PASSWORD", ""), host),
                sender=environ.get("MAIL_FROM", "").strip(),
            )
        if smtp is None or not smtp.enabled:
            return None
        return cls(
            host=smtp.host,
            port=smtp.port,
            user=smtp.user,
            password=_without_blanks(smtp.password, smtp.host),
            sender=smtp.admin_email,
            sender_name=smtp.sender_name,
        )


class Relay:
    """Hands one mail at a time to the server. Always over TLS, except on loopback."""

    def __init__(
        self,
        settings: RelaySettings,
        *,
        timeout: float = 15.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.settings = settings
        self._timeout = timeout
        self._tls = tls

    def send(self, raw: bytes, envelope: Envelope) -> None:
        """Send a mail. Raises ``StackError`` that says which setting to look at."""
        try:
            with self._connect() as server:
                if self.settings.user:
                    server.login(self.settings.user, self.settings.password)
                server.sendmail(envelope.sender, list(envelope.recipients), raw)
        except smtplib.SMTPAuthenticationError as error:
            raise StackError(
                f"{self.settings.host} refused the login of {self.settings.user!r}"
                f" ({error.smtp_code}).",
                hint=_login_advice(self.settings.host),
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise StackError(
                f"Mail could not be sent through {self.settings.host}:{self.settings.port}:"
                f" {type(error).__name__}: {error}.",
                hint="Check SMTP_HOST and SMTP_PORT (587 for STARTTLS, 465 for TLS from the start),"
                " or remove SMTP_HOST to keep mail in the local mailbox.",
            ) from error

    def _connect(self) -> smtplib.SMTP:
        host, port = self.settings.host, self.settings.port
        tls = self._tls or ssl.create_default_context()
        if port == IMPLICIT_TLS_PORT:
            return smtplib.SMTP_SSL(host, port, timeout=self._timeout, context=tls)
        server = smtplib.SMTP(host, port, timeout=self._timeout)
        try:
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=tls)
            elif host not in _LOOPBACK:
                # Without TLS anyone on the way reads the login and the one-time links.
                raise smtplib.SMTPNotSupportedError("the server offers no STARTTLS")
        except BaseException:
            server.close()
            raise
        return server


def _port(text: str) -> int:
    if text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise ConfigError(
        f"SMTP_PORT is {text!r}. Expected a port from 1 to 65535.",
        hint="Use 587 (STARTTLS) or 465 (TLS from the start).",
    )


def _without_blanks(password: str, host: str) -> str:
    password = password.strip()
    return "".join(password.split()) if host.endswith("gmail.com") else password


def _login_advice(host: str) -> str:
    if host.endswith(("gmail.com", "googlemail.com")):
        return (
            "Gmail wants an app password, not the account's own: turn on 2-Step Verification,"
            " make one at https://myaccount.google.com/apppasswords, set SMTP_USER to the whole"
            " address and SMTP_PASSWORD to the 16 letters."
        )
    return "Check SMTP_USER and SMTP_PASSWORD (in config.toml: auth.email.smtp.user and .pass)."
