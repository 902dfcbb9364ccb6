"""Mails that Supabase Auth sends at the app's request, without telling who has an account.

The answer is the same for every address, and so is the time that it takes.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from hipflask.errors import AuthError, AuthUnavailable, EmailTaken

from .answers import Tokens
from .client import AuthClient
from .flows import Begun, Flows, Purpose
from .pace import EvenPace

_logger: Final = logging.getLogger("hipflask.auth")

CONFIRM_PATH: Final = "/auth/confirm"
RESET_PATH: Final = "/users/reset-password"

# GoTrue gives these answers only for addresses that have an account, or only for those without.
_TELLING: Final = frozenset(
    {"over_email_send_rate_limit", "email_address_not_authorized", "otp_disabled", "user_not_found"}
)


class Mails:
    """Asks for mails whose links lead back to the site. Knows nothing of requests and cookies.

    ``visitor`` is the address for Auth's rate limits; ``language`` goes into the link.
    """

    def __init__(self, client: AuthClient, flows: Flows, site_url: str, pace: EvenPace) -> None:
        self._client = client
        self._flows = flows
        self._site_url = site_url
        self._pace = pace

    def sign_up(self, email: str, password: str, *, language: str, visitor: str) -> Tokens | None:
        """Create an account; return tokens when the project confirms addresses by itself."""
        with self._quietly("signup", email, CONFIRM_PATH, language) as (flow, landing):
            try:
                answer = self._client.sign_up(
                    email,
                    password,
                    data={"language": language},
                    redirect_to=landing,
                    challenge=flow.challenge,
                    address=visitor,
                )
            except EmailTaken as error:
                _logger.info("a sign-up for a known address was answered as a new one: %s", error)
            else:
                return answer.tokens
        return None

    def recover(self, email: str, *, language: str, visitor: str) -> None:
        """Send the mail that resets a password."""
        with self._quietly("recovery", email, RESET_PATH, language) as (flow, landing):
            self._client.recover(
                email, redirect_to=landing, challenge=flow.challenge, address=visitor
            )

    def resend_confirmation(self, email: str, *, language: str, visitor: str) -> None:
        """Send the mail of a sign-up again."""
        with self._quietly("signup", email, CONFIRM_PATH, language) as (flow, landing):
            self._client.resend(
                "signup", email, redirect_to=landing, challenge=flow.challenge, address=visitor
            )

    def magic_link(self, email: str, *, language: str, visitor: str, target: str = "") -> None:
        """Send a link that signs in."""
        with self._quietly("magiclink", email, CONFIRM_PATH, language, target) as (flow, landing):
            self._client.send_magic_link(
                email, redirect_to=landing, challenge=flow.challenge, address=visitor
            )

    def prove(self, email: str, *, language: str, visitor: str) -> None:
        """Send the same mail to somebody who is signed in, and may be told why it is not sent."""
        flow = self._flows.begin("magiclink", email)
        try:
            self._client.send_magic_link(
                email,
                redirect_to=self._landing(CONFIRM_PATH, flow, language),
                challenge=flow.challenge,
                address=visitor,
            )
        except AuthUnavailable:
            raise  # it may have been sent all the same
        except AuthError:
            self._flows.discard(flow)
            raise

    def change_email(
        self, access_token: str, new_email: str, *, language: str, visitor: str
    ) -> None:
        """Send the mails that change the address of the token's bearer, who may be told all."""
        flow = self._flows.begin("email_change", new_email)
        self._client.update_user(
            access_token,
            {"email": new_email},
            redirect_to=self._landing(CONFIRM_PATH, flow, language),
            challenge=flow.challenge,
            address=visitor,
        )

    @contextmanager
    def _quietly(
        self, purpose: Purpose, email: str, path: str, language: str, target: str = ""
    ) -> Iterator[tuple[Begun, str]]:
        """Begin a flow, and swallow the refusals that would tell who has an account."""
        with self._pace.keep():
            flow = self._flows.begin(purpose, email, target)
            try:
                yield flow, self._landing(path, flow, language)
            except AuthError as error:
                if purpose != "recovery" and not isinstance(error, AuthUnavailable):
                    self._flows.discard(flow)
                if error.code not in _TELLING:
                    raise
                _logger.warning("a mail (%s) was not sent: %s", purpose, error)

    def _landing(self, path: str, flow: Begun, language: str) -> str:
        tail = f"&language={language}" if language else ""
        return f"{self._site_url}{path}?flow={flow.id}{tail}"
