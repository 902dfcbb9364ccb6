"""Somebody came back from a provider: make, find, link or confirm their account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import psycopg

from hipflask.local.auth import (
    audit,
    identities,
    mail_flows,
    one_time_tokens,
    user_creation,
    users,
    verification,
)
from hipflask.local.auth.context import DEFAULT_ROLE
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external import addresses, linking
from hipflask.local.auth.external.linking import Decision, Verdict
from hipflask.local.auth.hooks import new_user
from hipflask.local.auth.identities import Identity

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.external.profile import Profile
    from hipflask.local.auth.users import User

_MAIL_SENT: Final = (
    "Unverified email with {0}. A confirmation email has been sent to your {0} email"
)
_VERIFY_THERE: Final = "Unverified email with {0}. Verify the email with {0} in order to sign in"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whose account it is. With a refusal the changes stay and nobody is signed in."""

    user: User
    refusal: AuthApiError | None = None


def sign_in(
    call: Call, tx: Tx, profile: Profile, provider: str, *, email_optional: bool
) -> Arrival:
    """Find or make the account; an unproven address only gets a mail (GoTrue, external.go)."""
    trusting = not call.config.email.enable_confirmations
    decision = linking.decide(tx, profile, provider, call.audience, trusting=trusting)
    user, identity = _account(call, tx, decision, profile, provider)
    if user.is_banned(call.now):
        raise AuthApiError("user_banned", "User is banned")
    has_email = not (email_optional and not decision.email.address)
    if not has_email or user.is_confirmed:
        audit.write(tx, user, "login", now=call.now, traits={"provider": provider})
        return Arrival(user)
    user = _keep_only(call, tx, user, identity)
    if decision.email.verified or trusting:
        audit.write(tx, user, "user_signedup", now=call.now, traits={"provider": provider})
        users.confirm_email(tx, user, now=call.now)
        return Arrival(user)
    if decision.email.address:
        mail_flows.send_confirmation(call, tx, user)
    words = _MAIL_SENT if decision.email.address else _VERIFY_THERE
    refusal = AuthApiError("provider_email_needs_verification", words.format(provider), status=422)
    return Arrival(user, refusal)


def announce(call: Call, profile: Profile, provider: str) -> None:
    """Ask the hook before_user_created, if it is on and the account would be a new one.

    Call it while no transaction is open.
    """
    if not new_user.is_on(call):
        return
    trusting = not call.config.email.enable_confirmations
    with call.reading() as tx:
        decision = linking.decide(tx, profile, provider, call.audience, trusting=trusting)
    if decision.user is None:
        new_user.ask(call, _new_user(call, decision, profile, provider))


def _new_user(call: Call, decision: Decision, profile: Profile, provider: str) -> User:
    if not call.config.enable_signup:
        raise AuthApiError("signup_disabled", "Signups not allowed for this instance")
    return users.new_user(
        audience=call.audience,
        role=DEFAULT_ROLE,
        now=call.now,
        email=decision.email.address,
        user_metadata=dict(profile.identity_data),
        app_metadata={"provider": provider, "providers": [provider]},
    )


def _account(
    call: Call, tx: Tx, decision: Decision, profile: Profile, provider: str
) -> tuple[User, Identity]:
    data = profile.identity_data
    if decision.user is None:
        fresh = _new_user(call, decision, profile, provider)
        user = user_creation.store(call, tx, fresh)
        return user, _add(call, tx, user, profile, provider)
    user = decision.user
    if decision.verdict is Verdict.LINK:
        identity = _add(call, tx, user, profile, provider)
        audit.write(
            tx,
            user,
            "identity_linked",
            now=call.now,
            address=call.address,
            traits=traits_of(identity),
        )
    else:
        identity = next(
            one
            for one in user.identities
            if (one.provider, one.provider_id) == (provider, profile.subject)
        )
        identity.identity_data = _lower_email(data)
        identities.save_sign_in(tx, identity, now=call.now)
    users.merge_metadata(user.user_metadata, data)
    users.save(tx, user, "user_metadata", now=call.now)
    verification.update_providers(call, tx, user)
    return user, identity


def _add(call: Call, tx: Tx, user: User, profile: Profile, provider: str) -> Identity:
    if not profile.subject:
        raise AuthApiError("unexpected_failure", "Error creating identity")
    identity = identities.new_identity(user.id, provider, profile.identity_data, now=call.now)
    try:
        identities.insert(tx, identity)
    except psycopg.errors.UniqueViolation as error:  # another request was faster
        raise AuthApiError("unexpected_failure", "Error creating identity") from error
    user.identities.append(identity)
    return identity


def _keep_only(call: Call, tx: Tx, user: User, identity: Identity) -> User:
    """Drop what an unconfirmed account held before: somebody else may have prepared it.

    Otherwise whoever signed up first with another's address, and a password, would share the
    account of the one who later proves that it is theirs (GoTrue, RemoveUnconfirmedIdentities).
    """
    user.encrypted_password = ""
    user.user_metadata = dict(identity.identity_data)
    users.save(tx, user, "encrypted_password", "user_metadata", now=call.now)
    identities.delete_others(tx, user.id, keep=identity.id)
    user.identities = [identity]
    verification.update_providers(call, tx, user)
    return user


def accept_invite(call: Call, tx: Tx, profile: Profile, provider: str, token: str) -> User:
    """Let an invited person in by a provider that knows the invited address."""
    owned = one_time_tokens.lock_owner(tx, token, one_time_tokens.CONFIRMATION)
    user = None if owned is None else users.find_by_id(tx, owned.user_id)
    if user is None:
        raise AuthApiError("invite_not_found", "Invite not found")
    if user.email not in [one.address for one in profile.emails]:
        raise AuthApiError(
            "validation_failed", "Invited email does not match emails from external provider"
        )
    identity = _add(call, tx, user, profile, provider)
    users.merge_metadata(user.app_metadata, {"provider": provider})
    users.merge_metadata(user.user_metadata, profile.identity_data)
    users.save(tx, user, "app_metadata", "user_metadata", now=call.now)
    audit.write(tx, user, "invite_accepted", now=call.now, traits={"provider": provider})
    user = _keep_only(call, tx, user, identity)
    users.confirm_email(tx, user, now=call.now)
    return user


def link(call: Call, tx: Tx, target: User, profile: Profile, provider: str) -> Arrival:
    """Give a signed-in user one more identity, on their own wish (GoTrue, identity.go)."""
    # The provider took its time: what was read of the user before may have changed since.
    tx.execute("select from auth.users where id = %s for update", (target.id,))
    user = users.find_by_id(tx, target.id)
    if user is None:
        raise AuthApiError("user_not_found", "Linking target user not found", status=422)
    owner = linking.owner_of(tx, profile.subject, provider)
    if owner is not None:
        whose = "" if owner == user.id else " to another user"
        raise AuthApiError("identity_already_exists", f"Identity is already linked{whose}")
    identity = _add(call, tx, user, profile, provider)
    audit.write(
        tx, user, "identity_linked", now=call.now, address=call.address, traits=traits_of(identity)
    )
    if not user.email:
        try:
            addresses.follow_identities(call, tx, user)
        except addresses.AddressTaken:
            raise AuthApiError(
                "email_exists",
                "A user with this email address has already been registered",
                status=400,
            ) from None
        if not profile.email_verified:
            mail_flows.send_confirmation(call, tx, user)
            return Arrival(
                user, AuthApiError("email_not_confirmed", _MAIL_SENT.format(provider), status=422)
            )
        users.confirm_email(tx, user, now=call.now)
        if user.is_anonymous:
            user.is_anonymous = False
            users.save(tx, user, "is_anonymous", now=call.now)
    verification.update_providers(call, tx, user)
    mail_flows.notify(call, "identity_linked", user.email, user, tx=tx, Provider=provider)
    return Arrival(user)


def traits_of(identity: Identity) -> dict[str, Any]:
    """Return what the audit log says about a linked or unlinked identity."""
    return {
        "identity_id": str(identity.id),
        "provider": identity.provider,
        "provider_id": identity.provider_id,
    }


def _lower_email(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "email": str(data["email"]).lower()} if "email" in data else data
