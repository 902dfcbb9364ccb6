"""Password hashes that were made elsewhere."""

from __future__ import annotations

import pytest

from hipflask.local.auth.imported_hashes import parse

# The test vectors that come with the reference implementation of Argon2 (password, somesalt).
ARGON2I = "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"
ARGON2ID = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
TWO_LANES = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"
# The example that comes with Firebase's scrypt (user1password), in GoTrue's form.
SIGNER_KEY = (
    "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
)
DIGEST = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
FIREBASE = f"$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk={SIGNER_KEY}$42xEC+ixf3L2lw==${DIGEST}"


@pytest.mark.parametrize(
    ("stored", "password"),
    [
        (ARGON2I, "password"),
        (ARGON2ID, "password"),
        (TWO_LANES, "password"),
        (FIREBASE, "user1password"),
    ],
)
def test_hash_matches_its_password_alone(stored: str, password: str) -> None:
    imported = parse(stored)
    assert imported is not None
    assert imported.matches(password)
    assert not imported.matches(password[:-1])
    assert not imported.matches("")


@pytest.mark.parametrize("version", ["2a", "2b", "2y", "2"])
def test_bcrypt_is_left_to_bcrypt(version: str) -> None:
    assert parse(f"${version}$10${'.' * 53}") is None


@pytest.mark.parametrize(
    ("stored", "reason"),
    [
        ("", "not a hash"),
        ("secret", "not a hash"),
        (f"$2a$03${'.' * 53}", "not a hash"),
        (f"$2a$32${'.' * 53}", "not a hash"),
        (f"$2a$10${'.' * 52}", "not a hash"),
        ("$argon2id$x", "not a hash of Argon2"),
        (ARGON2ID.replace("argon2id", "argon2d"), "not a hash of Argon2"),
        (ARGON2ID.replace("v=19", "v=16"), "not a hash of Argon2"),
        (ARGON2ID.replace("p=1", "p=1,keyid=x"), "not a hash of Argon2"),
        (ARGON2ID.replace("c29tZXNhbHQ", "c29t"), "no good length"),
        (ARGON2ID.replace("c29tZXNhbHQ", "c29tZXNhbHQxx"), "not base64"),
        (ARGON2ID.replace("t=2", "t=21"), "1 to 20 passes"),
        (ARGON2ID.replace("p=1", "p=0"), "1 to 16 lanes"),
        (ARGON2ID.replace("m=256", "m=7"), "8 KiB"),
        (ARGON2ID.replace("m=256", "m=1048577"), "1 GiB"),
        ("$fbscrypt$x", "not a hash of Firebase's scrypt"),
        (FIREBASE.replace(f",sk={SIGNER_KEY}", ""), "not a hash of Firebase's scrypt"),
        (FIREBASE.replace("v=1", "v=2"), "not a hash of Firebase's scrypt"),
        (FIREBASE.replace("42xEC+ixf3L2lw==", "42xEC"), "not base64"),
        (FIREBASE.replace("n=14", "n=0"), "at least 1"),
        (FIREBASE.replace("p=1", "p=17"), "at most 16"),
        (FIREBASE.replace("r=8", "r=1").replace("n=14", "n=16"), "too large for its r"),
        (FIREBASE.replace("n=14", "n=20"), "at most 1 GiB"),
        (FIREBASE.replace("n=14", "n=99"), "at most 1 GiB"),
    ],
)
def test_what_is_not_taken(stored: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse(stored)
