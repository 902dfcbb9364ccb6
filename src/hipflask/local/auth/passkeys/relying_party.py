"""The relying party of WebAuthn: what it asks of browsers, and how it checks their answers.

Only the checks need the ``fido2`` library; it is imported when the first one is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.passkeys.base64url import encode
from hipflask.local.auth.passkeys.challenges import LIFETIME, new_challenge
from hipflask.local.auth.passkeys.credentials import NEW_NAME, Credential

if TYPE_CHECKING:
    from fido2.cose import CoseKey
    from fido2.server import Fido2Server
    from fido2.webauthn import AuthenticationResponse

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.users import User
    from hipflask.local.config.auth import WebauthnConfig

#: COSE algorithms, the preferred first: ES256, ES384, ES512, RS256, PS256, EdDSA. GoTrue asks for
#: rarer ones too, which no authenticator of today has alone.
ALGORITHMS: Final = (-7, -35, -36, -257, -37, -8)
_COSE_ALGORITHM: Final = 3
_TIMEOUT: Final = int(LIFETIME.total_seconds() * 1000)


def require_enabled(call: Call) -> None:
    """Raise passkey_disabled when the project has passkeys switched off."""
    if not call.config.passkey.enabled:
        raise AuthApiError("passkey_disabled", "Passkeys are disabled")


class Malformed(AuthApiError):
    """What came is no answer of an authenticator."""

    def __init__(self) -> None:
        super().__init__("webauthn_verification_failed", "Invalid credential response")


class Refused(AuthApiError):
    """The answer of an authenticator does not prove what it should."""

    def __init__(self) -> None:
        super().__init__("webauthn_verification_failed", "Credential verification failed")


def creation_options(call: Call, user: User, known: Sequence[Credential]) -> dict[str, Any]:
    """Return PublicKeyCredentialCreationOptionsJSON (WebAuthn section 5.1.8)."""
    party = _settings(call)
    name = user.email or user.phone
    shown = user.user_metadata.get("name")
    options: dict[str, Any] = {
        "rp": {"name": party.rp_display_name, "id": party.rp_id},
        "user": {
            "name": name,
            "displayName": shown if isinstance(shown, str) and shown else name,
            "id": encode(str(user.id).encode()),
        },
        "challenge": new_challenge(),
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in ALGORITHMS],
        "timeout": _TIMEOUT,
    }
    if known:
        options["excludeCredentials"] = [
            {"type": "public-key", "id": encode(one.credential_id)} for one in known
        ]
    return options


def passkey_options(call: Call, user: User, known: Sequence[Credential]) -> dict[str, Any]:
    """Return creation_options for a key that the authenticator finds without the server."""
    return creation_options(call, user, known) | {
        # Sign-in names nobody, so the authenticator itself must know whose key it is.
        "authenticatorSelection": {"residentKey": "required", "userVerification": "preferred"},
        "attestation": "none",
    }


def request_options(call: Call, allowed: Sequence[Credential] = ()) -> dict[str, Any]:
    """Return PublicKeyCredentialRequestOptionsJSON (WebAuthn section 5.1.9): for ``allowed``, or
    for any user.
    """
    options: dict[str, Any] = {
        "challenge": new_challenge(),
        "timeout": _TIMEOUT,
        "rpId": _settings(call).rp_id,
        "userVerification": "preferred",
    }
    if allowed:
        options["allowCredentials"] = [_descriptor(one) for one in allowed]
    return options


def _descriptor(key: Credential) -> dict[str, Any]:
    shown = {"type": "public-key", "id": encode(key.credential_id)}
    return shown | ({"transports": key.transports} if key.transports else {})


def check_creation(call: Call, user_id: UUID, challenge: str, answer: Any) -> Credential:
    """Return the passkey that an authenticator has made (WebAuthn section 7.1)."""
    from fido2 import cbor
    from fido2.webauthn import RegistrationResponse

    try:
        response = RegistrationResponse.from_dict(answer)
        made = response.response.attestation_object
        data = made.auth_data
    except Exception as error:  # whatever the parser stumbles over, the browser sent it
        raise Malformed from error
    attested = data.credential_data
    try:
        if attested is None or attested.credential_id != response.raw_id:
            raise ValueError("no key, or that of another credential")
        if attested.public_key.get(_COSE_ALGORITHM) not in ALGORITHMS:
            raise ValueError("an algorithm that was not asked for")
        _check_usable(attested.public_key)
        _server(call).register_complete(_state(challenge), response)
    except Exception as error:
        raise Refused from error
    return Credential(
        id=uuid4(),
        user_id=user_id,
        credential_id=attested.credential_id,
        public_key=cbor.encode(attested.public_key),
        attestation_type=made.fmt,
        aaguid=UUID(bytes=bytes(attested.aaguid)),
        sign_count=data.counter,
        transports=_transports(answer),
        backup_eligible=data.is_backup_eligible(),
        backed_up=data.is_backed_up(),
        friendly_name=NEW_NAME,
        created_at=call.now,
    )


def _check_usable(key: CoseKey) -> None:
    """Raise what the key itself does when no signature can be checked with it: it is half a key."""
    from cryptography.exceptions import InvalidSignature

    with suppress(InvalidSignature):
        key.verify(b"", b"")


class Assertion:
    """What an authenticator signed to let its user in; nothing of it holds before ``check``."""

    def __init__(self, answer: Any) -> None:
        from fido2.webauthn import AuthenticationResponse

        try:
            self._response: AuthenticationResponse = AuthenticationResponse.from_dict(answer)
            self._data = self._response.response.authenticator_data
            self._handle = self._response.response.user_handle or b""
        except Exception as error:
            raise Malformed from error

    @property
    def user_id(self) -> UUID:
        """Who it says it is: the handle that creation_options gave."""
        try:
            return UUID(self._handle.decode())
        except ValueError as error:
            raise Refused from error

    def may_be_of(self, user_id: UUID) -> bool:
        """Whether it names this user or nobody: keys that a server has to name do not know."""
        return self._handle in (b"", str(user_id).encode())

    def check(self, call: Call, challenge: str, known: Sequence[Credential]) -> Credential:
        """Return which passkey of ``known`` has signed it (WebAuthn section 7.2)."""
        from fido2 import cbor
        from fido2.cose import CoseKey
        from fido2.webauthn import Aaguid, AttestedCredentialData

        used = next((one for one in known if one.credential_id == self._response.raw_id), None)
        try:
            if used is None:
                raise ValueError("not a passkey of this user")
            key = CoseKey.parse(cbor.decode(used.public_key))  # type: ignore[arg-type]
            attested = AttestedCredentialData.create(Aaguid.NONE, used.credential_id, key)
            _server(call).authenticate_complete(_state(challenge), [attested], self._response)
            # Whether a key can be copied never changes, and what cannot be was not (7.2 step 19).
            if self._data.is_backup_eligible() != used.backup_eligible:
                raise ValueError("backup eligibility has changed")
            if self._data.is_backed_up() and not used.backup_eligible:
                raise ValueError("backed up, though it cannot be")
        except Exception as error:
            raise Refused from error
        return used

    def counts_on(self, used: Credential) -> bool:
        """Whether its counter has grown, or there is none (7.2 step 22): else there are two of the
        authenticator.
        """
        counter = int(self._data.counter)
        return counter > used.sign_count or counter == used.sign_count == 0

    def counter_after(self, used: Credential) -> int:
        """Return the counter to keep. One that does not grow is let pass, as in GoTrue: synced
        passkeys have none.
        """
        return max(used.sign_count, int(self._data.counter))


def _settings(call: Call) -> WebauthnConfig:
    party = call.config.webauthn
    if not (party.rp_id and party.rp_display_name and party.rp_origins):
        raise AuthApiError("unexpected_failure", "Failed to initialize WebAuthn")
    return party


def _server(call: Call) -> Fido2Server:
    from fido2.server import Fido2Server
    from fido2.webauthn import PublicKeyCredentialRpEntity

    party = _settings(call)
    origins = {_origin(one) for one in party.rp_origins}
    return Fido2Server(
        PublicKeyCredentialRpEntity(name=party.rp_display_name, id=party.rp_id),
        verify_origin=lambda origin: _origin(origin) in origins,
    )


def _origin(text: str) -> str:
    return text.rstrip("/").lower()


def _state(challenge: str) -> dict[str, Any]:
    return {"challenge": challenge, "user_verification": "preferred"}


def _transports(answer: Any) -> list[str]:
    """Return the words of the answer's ``transports``; they are hints, and nothing checks them."""
    response = answer.get("response")
    found = response.get("transports") if isinstance(response, Mapping) else None
    words = found if isinstance(found, list) else []
    return [one for one in words if isinstance(one, str) and one.isascii() and one.isprintable()]
