"""Password hashes that an administrator brings along from elsewhere: Argon2, Firebase's scrypt.

Those that are made here are bcrypt's (``passwords.py``). Work and memory are bounded when a hash is
compared, too, for it may have been written by hand.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Final, Protocol

# PHC string format: $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH
_ARGON2: Final = re.compile(
    r"\$(?P<name>argon2id?)\$v=19\$m=(?P<memory>\d{1,10}),t=(?P<time>\d{1,10}),p=(?P<lanes>\d{1,3})"
    r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<hash>[A-Za-z0-9+/]+)"
)
# GoTrue's own form: $fbscrypt$v=1,n=14,r=8,p=1,ss=SEPARATOR,sk=SIGNER_KEY$SALT$HASH
_FIREBASE: Final = re.compile(
    r"\$fbscrypt\$v=1,n=(?P<power>\d{1,2}),r=(?P<rounds>\d{1,4}),p=(?P<lanes>\d{1,3})"
    r"(?:,ss=(?P<separator>[^,$]+))?,sk=(?P<signer_key>[^,$]+)\$(?P<salt>[^$]+)\$(?P<hash>[^$]+)"
)
_BCRYPT: Final = re.compile(r"\$2[aby]?\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53}")
#: GoTrue's bounds of Argon2: KiB, passes, lanes.
_MOST_MEMORY, _MOST_TIME, _MOST_LANES = 1024 * 1024, 20, 16


class ImportedHash(Protocol):
    """A hash with which a password can be compared."""

    def matches(self, password: str) -> bool:
        """Whether ``password`` is the one that was hashed. Slow on purpose."""


@dataclass(frozen=True, slots=True)
class Argon2Hash:
    """Argon2i or Argon2id, version 19 (RFC 9106)."""

    name: str
    memory: int
    time: int
    lanes: int
    salt: bytes
    digest: bytes = field(repr=False)

    def matches(self, password: str) -> bool:
        """Whether ``password`` is the one that was hashed."""
        from cryptography.hazmat.primitives.kdf import argon2  # deferred: hardly anyone needs it

        kind = argon2.Argon2id if self.name == "argon2id" else argon2.Argon2i
        derived = kind(
            salt=self.salt,
            length=len(self.digest),
            iterations=self.time,
            lanes=self.lanes,
            memory_cost=self.memory,
        ).derive(password.encode())
        return hmac.compare_digest(derived, self.digest)


@dataclass(frozen=True, slots=True)
class FirebaseHash:
    """Firebase's scrypt: the derived key encrypts the project's signer key, which is the hash."""

    power: int
    rounds: int
    lanes: int
    salt: bytes
    signer_key: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @property
    def memory(self) -> int:
        """Bytes that a comparison takes (RFC 7914 section 2)."""
        return 128 * self.rounds * ((1 << self.power) + self.lanes + 2)

    def matches(self, password: str) -> bool:
        """Whether ``password`` is the one that was hashed."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        key = hashlib.scrypt(
            password.encode(),
            salt=self.salt,
            n=1 << self.power,
            r=self.rounds,
            p=self.lanes,
            maxmem=self.memory,
            dklen=32,
        )
        # The key is another one for each salt, so that Firebase can do without a nonce.
        encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
        derived = encryptor.update(self.signer_key) + encryptor.finalize()
        return hmac.compare_digest(derived, self.digest)


def parse(text: str) -> ImportedHash | None:
    """Return a hash that is none of bcrypt's, None for one of bcrypt's, or raise ValueError."""
    if text.startswith("$argon2"):
        return _argon2(text)
    if text.startswith("$fbscrypt"):
        return _firebase(text)
    bcrypt = _BCRYPT.fullmatch(text)
    if bcrypt is None or not 4 <= int(bcrypt["cost"]) <= 31:
        raise ValueError("not a hash of bcrypt, Argon2 or Firebase's scrypt")
    return None


def _argon2(text: str) -> Argon2Hash:
    parts = _ARGON2.fullmatch(text)
    if parts is None:
        raise ValueError("not a hash of Argon2i or Argon2id, version 19, without more")
    read = Argon2Hash(
        name=parts["name"],
        memory=int(parts["memory"]),
        time=int(parts["time"]),
        lanes=int(parts["lanes"]),
        salt=_unpadded(parts["salt"]),
        digest=_unpadded(parts["hash"]),
    )
    if not (1 <= read.time <= _MOST_TIME and 1 <= read.lanes <= _MOST_LANES):
        raise ValueError("Argon2 takes 1 to 20 passes and 1 to 16 lanes here")
    if not 8 * read.lanes <= read.memory <= _MOST_MEMORY:
        raise ValueError("Argon2 takes 8 KiB for each lane to 1 GiB here")
    if not (8 <= len(read.salt) <= 1024 and 4 <= len(read.digest) <= 1024):  # RFC 9106, 3.1
        raise ValueError("salt or hash of Argon2 is of no good length")
    return read


def _firebase(text: str) -> FirebaseHash:
    parts = _FIREBASE.fullmatch(text)
    if parts is None:
        raise ValueError("not a hash of Firebase's scrypt with a signer key")
    read = FirebaseHash(
        power=int(parts["power"]),
        rounds=int(parts["rounds"]),
        lanes=int(parts["lanes"]),
        salt=_padded(parts["salt"]) + _padded(parts["separator"] or ""),
        signer_key=_padded(parts["signer_key"]),
        digest=_padded(parts["hash"]),
    )
    if not (read.power and read.rounds and 1 <= read.lanes <= _MOST_LANES):
        raise ValueError("n, r and p of scrypt must be at least 1, and p at most 16")
    if read.power >= 16 * read.rounds:  # RFC 7914 section 6
        raise ValueError("n of scrypt is too large for its r")
    if read.memory > _MOST_MEMORY * 1024:
        raise ValueError("scrypt takes at most 1 GiB here")
    return read


def _unpadded(text: str) -> bytes:
    return _padded(text + "=" * (-len(text) % 4))


def _padded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
