"""The mails that Auth sends, one function each: make a code, send it, store its hash.

Every function runs inside the caller's transaction and changes ``user`` as well as its row; a mail
that cannot be sent undoes the request (GoTrue, mail.go).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

from hipflask.errors import StackError
from hipflask.local.auth import one_time_tokens, users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.hooks import send_email
from hipflask.local.auth.redirects import redirect_target

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import AuthContext, Tx
    from hipflask.local.auth.users import User

log = logging.getLogger(__name__)
_NO_CHALLENGE = Challenge()
#: Kind of a link -> its template, where the two differ.
_TEMPLATES: Final = {"signup": "confirmation", "magiclink": "magic_link"}
#: What a template calls a detail -> what the hook send_email does.
_DETAILS: Final = {
    "OldEmail": "old_email",
    "OldPhone": "old_phone",
    "Provider": "provider",
    "FactorType": "factor_type",
}


def send_confirmation(call: Call, tx: Tx, user: User, challenge: Challenge = _NO_CHALLENGE) -> None:
    """Send the mail that confirms the address of a sign-up."""
    one_time_tokens.check_frequency(user.confirmation_sent_at, call.config.email, call.now)
    code = one_time_tokens.new_code(call.config.email)
    user.confirmation_token = challenge.prefixed(one_time_tokens.hash_of(user.email, code))
    user.confirmation_sent_at = call.now
    users.save(tx, user, "confirmation_token", "confirmation_sent_at", now=call.now)
    _store(call, tx, user, one_time_tokens.CONFIRMATION, user.confirmation_token)
    _send_link(call, tx, user, "signup", user.confirmation_token, code)


def send_invite(call: Call, tx: Tx, user: User) -> None:
    """Send an invitation. Its token is a confirmation token, and nobody waits between two."""
    code = one_time_tokens.new_code(call.config.email)
    user.confirmation_token = one_time_tokens.hash_of(user.email, code)
    user.confirmation_sent_at = user.invited_at = call.now
    users.save(tx, user, "confirmation_token", "confirmation_sent_at", "invited_at", now=call.now)
    _store(call, tx, user, one_time_tokens.CONFIRMATION, user.confirmation_token)
    _send_link(call, tx, user, "invite", user.confirmation_token, code)


def send_recovery(call: Call, tx: Tx, user: User, challenge: Challenge = _NO_CHALLENGE) -> None:
    """Send the mail that lets a password be set anew."""
    code = _new_recovery_token(call, tx, user, challenge)
    _send_link(call, tx, user, "recovery", user.recovery_token, code)


def send_magic_link(call: Call, tx: Tx, user: User, challenge: Challenge = _NO_CHALLENGE) -> None:
    """Send the sign-in link. Its token is a recovery token: the newer mail ends the older."""
    code = _new_recovery_token(call, tx, user, challenge)
    _send_link(call, tx, user, "magiclink", user.recovery_token, code)


def _new_recovery_token(call: Call, tx: Tx, user: User, challenge: Challenge) -> str:
    one_time_tokens.check_frequency(user.recovery_sent_at, call.config.email, call.now)
    code = one_time_tokens.new_code(call.config.email)
    user.recovery_token = challenge.prefixed(one_time_tokens.hash_of(user.email, code))
    user.recovery_sent_at = call.now
    users.save(tx, user, "recovery_token", "recovery_sent_at", now=call.now)
    _store(call, tx, user, one_time_tokens.RECOVERY, user.recovery_token)
    return code


def send_email_change(
    call: Call, tx: Tx, user: User, new_email: str, challenge: Challenge = _NO_CHALLENGE
) -> None:
    """Send a link to the new address, and one to the old if both must agree.

    Both must if ``double_confirm_changes`` is on and there is an old address.
    """
    one_time_tokens.check_frequency(user.email_change_sent_at, call.config.email, call.now)
    user.email_change = new_email
    user.email_change_sent_at = call.now
    user.email_change_confirm_status = 0
    new_code = one_time_tokens.new_code(call.config.email)
    user.email_change_token_new = challenge.prefixed(one_time_tokens.hash_of(new_email, new_code))
    mails = [(new_email, new_code, user.email_change_token_new)]
    if call.config.email.double_confirm_changes and user.email:
        code = one_time_tokens.new_code(call.config.email)
        user.email_change_token_current = challenge.prefixed(
            one_time_tokens.hash_of(user.email, code)
        )
        mails.append((user.email, code, user.email_change_token_current))
    store_email_change(call, tx, user)
    _count_mail(call)
    if send_email.is_on(call):  # once, for both addresses
        to_both = len(mails) > 1
        asked = send_email.EmailData(
            "email_change",
            token=mails[-1][1],
            token_hash=user.email_change_token_new,
            token_new=new_code if to_both else "",
            token_hash_new=user.email_change_token_current if to_both else "",
        )
        send_email.send(call, tx, user, asked)
        return
    for address, code, token_hash in mails:
        data = _link_data(call, user, "email_change", token_hash, code)
        data |= {"NewEmail": new_email, "SendingTo": address}
        _send(call, "email_change", address, data, failure=_failure("email_change"))


def store_email_change(call: Call, tx: Tx, user: User) -> None:
    """Store the change of address that ``user`` holds, with the tokens that it still waits for."""
    users.save(
        tx,
        user,
        "email_change",
        "email_change_token_new",
        "email_change_token_current",
        "email_change_sent_at",
        "email_change_confirm_status",
        now=call.now,
    )
    if user.email_change_token_current:
        kind, token = one_time_tokens.EMAIL_CHANGE_CURRENT, user.email_change_token_current
        one_time_tokens.store(tx, user.id, kind, token, relates_to=user.email, now=call.now)
    if user.email_change_token_new:
        kind, token = one_time_tokens.EMAIL_CHANGE_NEW, user.email_change_token_new
        one_time_tokens.store(tx, user.id, kind, token, relates_to=user.email_change, now=call.now)


def send_reauthentication(call: Call, tx: Tx, user: User) -> None:
    """Send the code that PUT /user takes as its nonce."""
    one_time_tokens.check_frequency(user.reauthentication_sent_at, call.config.email, call.now)
    code = one_time_tokens.new_code(call.config.email)
    user.reauthentication_token = one_time_tokens.hash_of(user.email, code)
    user.reauthentication_sent_at = call.now
    users.save(tx, user, "reauthentication_token", "reauthentication_sent_at", now=call.now)
    _store(call, tx, user, one_time_tokens.REAUTHENTICATION, user.reauthentication_token)
    _send_link(call, tx, user, "reauthentication", user.reauthentication_token, code)


def notify(
    call: Call, name: str, to: str, user: User, *, tx: Tx | None = None, **details: str
) -> None:
    """Send ``[auth.email.notification.NAME]`` if it is enabled, such as "password_changed".

    A notice that cannot be sent is logged and undoes nothing. ``tx`` is the caller's transaction,
    if one is open. ``details`` are OldEmail, OldPhone, Phone, Provider and FactorType.
    """
    notification = call.config.email.notification.get(name)
    if notification is None or not notification.enabled or not to:
        return
    kind = f"{name}_notification"
    try:
        _count_mail(call)
        if send_email.is_on(call):
            asked = {_DETAILS[key]: text for key, text in details.items() if key in _DETAILS}
            send_email.send(call, tx, user, send_email.EmailData(kind, **asked))
        else:
            _send(call, kind, to, _data(call, user) | details, failure=f"{name} notice")
    except AuthApiError as error:
        log.warning("The notice %s was not sent: %s", name, error.message)


def link(context: AuthContext, kind: str, token_hash: str, redirect_to: str) -> str:
    """Return the address behind a mail's button (GoTrue, templatemailer.go).

    ``redirect_to`` is escaped only when it holds one of &, = and #, as in GoTrue.
    """
    if any(mark in redirect_to for mark in "&=#"):
        redirect_to = quote_plus(redirect_to, safe="-_.~")
    return (
        f"{context.external_url}/verify"
        f"?token={quote_plus(token_hash)}&type={quote_plus(kind)}&redirect_to={redirect_to}"
    )


def _store(call: Call, tx: Tx, user: User, kind: str, token_hash: str) -> None:
    one_time_tokens.store(tx, user.id, kind, token_hash, relates_to=user.email, now=call.now)


def _data(call: Call, user: User) -> dict[str, Any]:
    return {
        "SiteURL": call.config.site_url,
        "Email": user.email,
        "Data": user.user_metadata,
    }


def _link_data(call: Call, user: User, kind: str, token_hash: str, code: str) -> dict[str, Any]:
    redirect_to = redirect_target(call)
    return _data(call, user) | {
        "ConfirmationURL": link(call.context, kind, token_hash, redirect_to),
        "Token": code,
        "TokenHash": token_hash,
        "RedirectTo": redirect_to,
    }


def _send_link(call: Call, tx: Tx, user: User, kind: str, token_hash: str, code: str) -> None:
    """Send a mail with a link or, for a reauthentication, with a code alone."""
    _count_mail(call)
    if send_email.is_on(call):
        asked = send_email.EmailData(kind, token=code, token_hash=token_hash)
        send_email.send(call, tx, user, asked)
        return
    data = _link_data(call, user, kind, token_hash, code)
    if kind == "reauthentication":
        data = _data(call, user) | {"Token": code}
    _send(call, _TEMPLATES.get(kind, kind), user.email, data, failure=_failure(kind))


def _failure(kind: str) -> str:
    words = _TEMPLATES.get(kind, kind).replace("_", " ")
    return f"Error sending {words} email"


def _count_mail(call: Call) -> None:
    """Hold to ``rate_limit.email_sent``; it binds nobody while sign-ups need no confirmation."""
    if call.config.rate_limit.email_sent == 0 or (
        call.config.email.enable_confirmations and not call.context.limits.email.allows(call.now)
    ):
        raise AuthApiError("over_email_send_rate_limit", "email rate limit exceeded")


def _send(call: Call, template: str, to: str, data: dict[str, Any], *, failure: str) -> None:
    from hipflask.local.auth import mail_rendering  # deferred: a start need not load templates

    try:
        call.context.mailer.send(mail_rendering.render(call.context, template, to, data))
    except (mail_rendering.TemplateError, OSError, StackError) as error:
        # smtplib's errors are OSErrors too.
        log.error("Mail %s was not sent: %s", template, error)
        raise AuthApiError("unexpected_failure", failure) from error
