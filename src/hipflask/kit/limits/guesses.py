"""Which guesses are slowed down, and how: passwords, mailed codes and codes of a second factor.

Counted is what was typed, whether such an account exists or not: the answer and its time are the
same for both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, Literal, get_args
from uuid import UUID

from hipflask.errors import AuthUnavailable, TooManyAttempts

from .state import Held
from .subjects import network_of
from .tries import Guard, Tries

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

What = Literal["password", "code"]
WHATS: Final[tuple[What, ...]] = get_args(What)
Code = Literal["totp", "recovery", "mail"]


class Guesses:
    """Lets a guess be judged when its turn has come."""

    def __init__(self, tries: Tries) -> None:
        self._tries = tries

    def held(self, most: int = 100) -> Sequence[Held]:
        """Return whose next try has to wait, for those who look after the app."""
        return self._tries.held(most)

    def release(self, key: UUID) -> None:
        """Let somebody of ``held`` try again at once."""
        self._tries.release(key)

    def release_account(self, email: str, address: str = "") -> None:
        """Let an account be tried again at once: from all addresses together, and from this."""
        guards = [
            guard
            for what in WHATS
            for guard in _of_account(what, email, network_of(address))
            if address or guard.unless
        ]
        self._tries.release(*(guard.key for guard in guards))

    @contextmanager
    def of_account(self, what: What, email: str, address: str) -> Iterator[None]:
        """Judge a password or a mailed code of an account within the block.

        Counted by account and address together, by account, and by address. The second keeps many
        addresses from guessing at one account, and spares the address from which its owner got in
        within 30 days: an attack from elsewhere does not lock them out. The third keeps one
        address from trying one password on many accounts.

        Raises TooManyAttempts and does not enter the block while one of them holds.
        """
        guards = _of_account(what, email, network_of(address))
        with self._judging(*guards, begin_anew=guards[0]):
            yield

    @contextmanager
    def of_proof(self, kind: Code, user_id: str) -> Iterator[None]:
        """Judge a code of a user within the block: of a second factor, or a mailed proof.

        Who guesses there knows the password already, or sits at a browser that is signed in.
        """
        guard = Guard(
            f"{kind} code of user",
            user_id,
            free=5,
            first=15 * MINUTE,
            longest=4 * HOUR,
            memory=DAY,
        )
        with self._judging(guard, begin_anew=guard):
            yield

    @contextmanager
    def _judging(self, *guards: Guard, begin_anew: Guard) -> Iterator[None]:
        self._tries.begin(*guards)
        try:
            yield
        except (AuthUnavailable, TooManyAttempts):
            self._tries.take_back(*guards)  # Supabase Auth has not looked at it
            raise
        self._tries.succeeded(*guards, begin_anew=(begin_anew,))


def _of_account(what: What, email: str, network: str) -> tuple[Guard, Guard, Guard]:
    account = email.strip().lower()
    both = Guard(
        f"{what} of account from address",
        f"{account}\0{network}",
        free=5,
        first=30,
        longest=15 * MINUTE,
        memory=DAY,
    )
    all_of_account = Guard(
        f"{what} of account",
        account,
        free=20,
        first=MINUTE,
        longest=15 * MINUTE,
        memory=DAY,
        unless=both,
    )
    all_of_address = Guard(
        f"{what} from address",
        network,
        free=50,
        first=MINUTE,
        longest=15 * MINUTE,
        memory=HOUR,
    )
    return both, all_of_account, all_of_address
