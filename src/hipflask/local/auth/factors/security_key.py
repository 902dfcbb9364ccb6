"""Keys that sign (WebAuthn) as a second factor (GoTrue, mfa.go: challengeWebAuthnFactor).

The relying party is that of config.toml: what a client sends of ``rpId`` and ``rpOrigins`` is not
read, or whoever asks would say where the key may be used.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.factors import challenge
from hipflask.local.auth.factors import factor as factors
from hipflask.local.auth.passkeys import relying_party
from hipflask.local.auth.passkeys.credentials import Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.factors.challenge import Challenge
    from hipflask.local.auth.factors.factor import Factor
    from hipflask.local.auth.users import User

CREATE: Final = "create"
REQUEST: Final = "request"


def ask(call: Call, tx: Tx, user: User, factor: Factor) -> tuple[Challenge, dict[str, Any]]:
    """Store a challenge; return it and what the browser is to do.

    Until the factor is verified its key is still to be made, afterwards it has to sign.
    """
    ceremony = _ceremony(factor)
    if ceremony == CREATE:
        known = [key for one in factors.of_user(tx, user.id) if (key := key_of(one))]
        options = relying_party.creation_options(call, user, known)
    else:
        options = relying_party.request_options(call, [_own_key(factor)])
    session = {
        "challenge": options["challenge"],
        "rpId": call.config.webauthn.rp_id,
        "user_id": _base64(str(user.id).encode()),
        "ceremony": ceremony,
    }
    asked = challenge.create(call, tx, factor, webauthn=session)
    return asked, {"type": ceremony, "credential_options": {"publicKey": options}}


def sent(call: Call) -> Mapping[str, Any]:
    """Return what the browser made of it, as the body holds it."""
    found = call.mapping("webauthn")
    if found is None:
        raise AuthApiError("validation_failed", "WebAuthn config required")
    if found.get("type") not in (CREATE, REQUEST):
        raise AuthApiError("validation_failed", "WebAuthn type must be create or request")
    if found.get("credential_response") is None:
        raise AuthApiError("validation_failed", "credential_response required")
    return found


def check(
    call: Call, user: User, factor: Factor, asked: Challenge, answer: Mapping[str, Any]
) -> Credential | None:
    """Return the key as it is after a right answer; None after a wrong one.

    A key that is made now never answers for the one that the factor has.
    """
    if not answer["type"] == asked.webauthn.get("ceremony") == _ceremony(factor):
        raise AuthApiError("validation_failed", "WebAuthn type is not that of the challenge")
    wanted, response = str(asked.webauthn["challenge"]), answer["credential_response"]
    try:
        if answer["type"] == CREATE:
            return relying_party.check_creation(call, user.id, wanted, response)
        assertion = relying_party.Assertion(response)
        if not assertion.may_be_of(user.id):
            return None
        used = assertion.check(call, wanted, [_own_key(factor)])
    except relying_party.Malformed:
        raise AuthApiError("validation_failed", "Invalid credential_response") from None
    except relying_party.Refused:
        return None
    if not assertion.counts_on(used):
        return None
    return replace(used, sign_count=assertion.counter_after(used))


def keep(tx: Tx, factor: Factor, key: Credential) -> None:
    """Store a new key, or how far the counter of a known one is."""
    stored = tx.execute(
        """update auth.mfa_factors set web_authn_credential = %s, web_authn_aaguid = %s
            where id = %s and (web_authn_credential is not null) = %s""",
        (Jsonb(_to_row(key)), key.aaguid, factor.id, factor.is_verified),
    )
    if not stored.rowcount:  # of two keys at once for one factor
        raise AuthApiError("webauthn_credential_exists", "This credential is already registered")


def key_of(factor: Factor) -> Credential | None:
    """Return the key of a verified factor, or None."""
    row = factor.web_authn_credential
    if row is None or not factor.is_verified:
        return None
    flags, device = row.get("flags") or {}, row.get("authenticator") or {}
    return Credential(
        id=factor.id,
        user_id=factor.user_id,
        credential_id=base64.b64decode(row["id"]),
        public_key=base64.b64decode(row["publicKey"]),
        attestation_type=row.get("attestationType") or "none",
        aaguid=factor.web_authn_aaguid,
        sign_count=int(device.get("signCount") or 0),
        transports=list(row.get("transport") or []),
        backup_eligible=bool(flags.get("backupEligible")),
        backed_up=bool(flags.get("backupState")),
        friendly_name=factor.friendly_name,
        created_at=factor.created_at,
    )


def _own_key(factor: Factor) -> Credential:
    key = key_of(factor)
    if key is None:
        raise AuthApiError("webauthn_credential_not_found", "The factor has no credential")
    return key


def _ceremony(factor: Factor) -> str:
    return REQUEST if factor.is_verified else CREATE


def _to_row(key: Credential) -> dict[str, Any]:
    """Return the key as GoTrue's library (go-webauthn, webauthn.Credential) writes it."""
    return {
        "id": _base64(key.credential_id),
        "publicKey": _base64(key.public_key),
        "attestationType": key.attestation_type,
        "transport": key.transports,
        "flags": {
            "userPresent": True,
            "userVerified": False,
            "backupEligible": key.backup_eligible,
            "backupState": key.backed_up,
        },
        "authenticator": {
            "AAGUID": _base64((key.aaguid or UUID(int=0)).bytes),
            "signCount": key.sign_count,
            "cloneWarning": False,
            "attachment": "",
        },
    }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
