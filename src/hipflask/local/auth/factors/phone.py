"""Codes that are sent to a phone (GoTrue, mfa.go: enrollPhoneFactor, challengePhoneFactor)."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hipflask.local.auth import sms
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.factors import challenge
from hipflask.local.auth.factors import factor as factors
from hipflask.local.auth.hooks import send_sms
from hipflask.local.auth.phones import checked_phone

if TYPE_CHECKING:
    from datetime import datetime

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.factors.challenge import Challenge
    from hipflask.local.auth.factors.factor import Factor
    from hipflask.local.auth.users import User

#: What counts when config.toml says zero (GoTrue, configuration.go).
_USUAL_FREQUENCY: Final = timedelta(minutes=1)


def number_of(call: Call) -> str:
    """Return the number that the body names."""
    given = call.text("phone")
    if not given:
        raise AuthApiError("validation_failed", "Phone number required to enroll Phone factor")
    return checked_phone(given)


def make_way(tx: Tx, factor: Factor) -> None:
    """Forget what was begun with this number; refuse it if the user has verified it."""
    for other in factors.of_user(tx, factor.user_id):
        if other.factor_type != "phone" or other.phone != factor.phone:
            continue
        if other.is_verified:
            raise factors.number_taken()
        factors.delete(tx, other)


def ask(call: Call, tx: Tx, factor: Factor) -> Challenge:
    """Send a code and store the challenge that it answers."""
    asked = _prepare(call, tx, factor)
    text = sms.text_of("auth.mfa.phone.template", call.config.mfa.phone.template, asked.otp_code)
    sms.send_message(call, factor.phone, text, what="MFA")
    return asked


def ask_by_hook(call: Call, user: User, factor: Factor) -> Challenge | None:
    """Do the same by the hook send_sms, None if it is off. No transaction waits for it."""
    if not send_sms.is_on(call):
        return None
    sms.count_message(call)
    with call.transaction() as tx:
        asked = _prepare(call, tx, factor)
    try:
        send_sms.send(call, None, user, factor.phone, asked.otp_code, sms_type="mfa")
    except AuthApiError as error:
        with call.transaction() as tx:
            challenge.withdraw(tx, factor, asked)
        raise AuthApiError("unexpected_failure", "error invoking hook") from error
    return asked


def _prepare(call: Call, tx: Tx, factor: Factor) -> Challenge:
    sms.checked_channel(call.text("channel"))
    config = call.config.mfa.phone
    least = config.max_frequency or _USUAL_FREQUENCY
    sms.check_frequency(_last_asked(tx, factor), least, call.now)
    code = str(secrets.randbelow(10**config.otp_length)).zfill(config.otp_length)
    return challenge.create(call, tx, factor, otp_code=code)


def is_right(call: Call, asked: Challenge) -> bool:
    """Whether the body holds the code that was sent."""
    given = call.text("code").encode(errors="replace")
    return bool(asked.otp_code) and hmac.compare_digest(asked.otp_code.encode(), given)


def _last_asked(tx: Tx, factor: Factor) -> datetime | None:
    """Return when the factor was last asked for; locked, so that two at once send one message."""
    row = tx.execute(
        "select last_challenged_at from auth.mfa_factors where id = %s for update", (factor.id,)
    ).fetchone()
    if row is None:  # removed meanwhile
        raise factors.not_found()
    last: datetime | None = row[0]
    return last
