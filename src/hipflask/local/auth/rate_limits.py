"""How often a client may ask and how many mails may leave (GoTrue, internal/api/apilimiter)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hipflask.local.config import AuthConfig

_FIVE_MINUTES: Final = 300.0
_HOUR: Final = 3600.0
_BURST: Final = 30
#: GoTrue's MFA.RateLimitChallengeAndVerify, which config.toml has no key for.
_FACTORS_A_MINUTE: Final = 15
#: GoTrue's default (conf, RateLimitPasskey); config.toml has no word for it.
_PASSKEYS: Final = 30.0
_MOST_ADDRESSES: Final = 10_000


class TokenBucket:
    """Lets ``burst`` requests of one key through at once, then ``per_second`` of them."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, key: str, now: datetime) -> bool:
        """Count one request of ``key``; False when it is one too many."""
        moment = now.timestamp()
        with self._lock:
            level, seen = self._levels.pop(key, (self._burst, moment))
            level = min(self._burst, level + max(0.0, moment - seen) * self._per_second)
            allowed = level >= 1.0
            self._levels[key] = (level - 1.0 if allowed else level, moment)
            if len(self._levels) > _MOST_ADDRESSES:
                self._levels.popitem(last=False)
        return allowed


class HourlyLimit:
    """Lets ``events`` through per hour, counted anew each full hour since the start."""

    def __init__(self, events: int) -> None:
        self._events = events
        self._started: float | None = None
        self._count = 0
        self._lock = threading.Lock()

    def allows(self, now: datetime) -> bool:
        """Count one event; False when it is one too many."""
        moment = now.timestamp()
        with self._lock:
            if self._started is None:
                self._started = moment
            hours = (moment - self._started) // _HOUR
            if hours >= 1:
                self._started += hours * _HOUR
                self._count = 0
            if self._count >= self._events:
                return False
            self._count += 1
            return True


@dataclass(frozen=True)
class RateLimits:
    """One counter per group of endpoints; sizes from config.toml's [auth.rate_limit]."""

    token: TokenBucket
    verify: TokenBucket
    signup: TokenBucket
    recover: TokenBucket
    resend: TokenBucket
    magiclink: TokenBucket
    otp: TokenBucket
    user: TokenBucket
    anonymous: TokenBucket
    web3: TokenBucket
    factor_challenge: TokenBucket
    factor_verify: TokenBucket
    oauth_client_register: TokenBucket
    passkey: TokenBucket
    email: HourlyLimit
    sms: HourlyLimit

    @classmethod
    def from_config(cls, config: AuthConfig) -> RateLimits:
        """Make fresh counters. Mails are unlimited unless the project has its own SMTP server,
        as in the Supabase CLI's stack (start.go: 360000 an hour).
        """
        rates = config.rate_limit

        def asking() -> TokenBucket:
            return TokenBucket(rates.sign_in_sign_ups / _FIVE_MINUTES, _BURST)

        return cls(
            token=TokenBucket(rates.token_refresh / _FIVE_MINUTES, _BURST),
            verify=TokenBucket(rates.token_verifications / _FIVE_MINUTES, _BURST),
            signup=asking(),
            recover=asking(),
            resend=asking(),
            magiclink=asking(),
            otp=asking(),
            user=asking(),
            anonymous=TokenBucket(rates.anonymous_users / _HOUR, int(rates.anonymous_users)),
            web3=TokenBucket(rates.web3 / _FIVE_MINUTES, _BURST),
            factor_challenge=TokenBucket(_FACTORS_A_MINUTE / 60, _BURST),
            factor_verify=TokenBucket(_FACTORS_A_MINUTE / 60, _BURST),
            oauth_client_register=TokenBucket(10 / _FIVE_MINUTES, _BURST),  # GoTrue's default
            passkey=TokenBucket(_PASSKEYS / _FIVE_MINUTES, _BURST),
            email=HourlyLimit(rates.email_sent if config.email.smtp is not None else 360_000),
            sms=HourlyLimit(rates.sms_sent),
        )
