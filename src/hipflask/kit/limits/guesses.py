"""Which guesses are slowed down, and how: passwords, mailed codes and codes of a second factor.

Counted is what was typed, whether such an account exists or not: the answer and its time are the
same for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal

from hipflask.errors import AuthUnavailable, TooManyAttempts

from .subjects import network_of
from .tries import Guard, Tries

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

What = Literal["password", "code"]
Code = Literal["totp", "recovery", "mail"]


class Guesses:
    """Lets a guess be judged when its turn has come."""

    def __init__(self, tries: Tries) -> None:
        self._tries = tries

    @contextmanager
    def of_account(self, what: What, email: str, address: str) -> Iterator[None]:
        """Judge a password or a mailed code of an account within the block.

        Counted by account and address together, by account, and by address. The second keeps many
        addresses from guessing at one account, and spares the address from which its owner got in
        within 30 days: an attack from elsewhere does not lock them out. The third keeps one
        address from trying one password on many accounts.

        Raises TooManyAttempts and does not enter the block while one of them holds.
        """
        account, network = email.strip().lower(), network_of(address)
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
        with self._judging(both, all_of_account, all_of_address, begin_anew=both):
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
