"""The table of problems: from an error's class to status, slug, title and advice.

One row per slug; docs/reference/errors.md describes the same slugs. Titles and advice are message
ids: the catalogs turn them into the visitor's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hipflask import errors


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem. ``retry_after`` is in seconds, 0 where trying again is no cure."""

    slug: str
    status: int
    title: str
    advice: str
    retry_after: int = 0


_TRY_LATER: Final = "Try again in a moment."
_ASK_AGAIN: Final = "Ask for a new link."
_TRY_AGAIN: Final = "Try again, or sign in another way."
_SIGN_IN: Final = "Sign in and try again."

PROBLEM_TYPES: Final = (
    ProblemType("bad-request", 400, "The request cannot be understood", "Check it and try again."),
    ProblemType("wrong-host", 400, "This address does not belong to the site", ""),
    ProblemType(
        "form-expired", 400, "The form could not be checked", "Open the page again and resend it."
    ),
    ProblemType(
        "cookies-needed",
        400,
        "The browser sent no cookie",
        "Allow cookies for this site, open the page again and resend it.",
    ),
    ProblemType("sign-in-refused", 400, "Supabase Auth refused the request", ""),
    ProblemType("link-unusable", 400, "The link cannot be used here", _ASK_AGAIN),
    ProblemType("sign-in-needed", 401, "Sign in to continue", _SIGN_IN),
    ProblemType("session-ended", 401, "Your session has ended", _SIGN_IN),
    ProblemType("token-rejected", 401, "The access token is not valid", "Sign in for a new one."),
    ProblemType("wrong-credentials", 401, "The e-mail or the password is wrong", ""),
    ProblemType("forbidden", 403, "You may not do this", ""),
    ProblemType(
        "form-refused", 403, "The form came from another site", "Open the page here and resend it."
    ),
    ProblemType("email-not-confirmed", 403, "Confirm your e-mail first", ""),
    ProblemType("sign-up-closed", 403, "Signing up is closed", ""),
    ProblemType("user-banned", 403, "This account is locked", ""),
    ProblemType("reauthentication-needed", 403, "Confirm that it is you", ""),
    ProblemType("second-factor-needed", 403, "A second factor is needed", ""),
    ProblemType("one-time-token", 403, "A token from a one-time link opens no account", _SIGN_IN),
    ProblemType("not-found", 404, "Page not found", "Check the address, or go to the start page."),
    ProblemType(
        "file-not-found", 404, "The file is not here", "It may have been moved or deleted."
    ),
    ProblemType("method-not-allowed", 405, "This address does not take that request", ""),
    ProblemType("not-acceptable", 406, "The answer does not come in that format", ""),
    ProblemType("too-slow", 408, "The request came too slowly", "Try again."),
    ProblemType("conflict", 409, "This already exists, or something still depends on it", ""),
    ProblemType("request-under-way", 409, "The same request is under way", _TRY_LATER, 2),
    ProblemType("file-exists", 409, "A file of that name is already there", "Choose another name."),
    ProblemType("email-taken", 409, "The address belongs to another account", ""),
    ProblemType("gone", 410, "This is no longer there", ""),
    ProblemType("link-expired", 410, "The link has expired or was already used", _ASK_AGAIN),
    ProblemType(
        "changed-meanwhile", 412, "It was changed after you had read it", "Read it again first."
    ),
    ProblemType("too-large", 413, "That is too large", "Send less at a time."),
    ProblemType("unsupported-type", 415, "This type of content is not accepted", ""),
    ProblemType("range-refused", 416, "That part of the file does not exist", ""),
    ProblemType("file-name-refused", 422, "The file name cannot be used", "Choose another name."),
    ProblemType("invalid-input", 422, "Something in the form does not fit", ""),
    ProblemType("key-reused", 422, "The Idempotency-Key belongs to another request", "Make one."),
    ProblemType("email-refused", 422, "The e-mail address cannot be used", ""),
    ProblemType("weak-password", 422, "The password is too weak", "Choose a longer one."),
    ProblemType("wrong-code", 422, "The code is wrong or too old", "Enter the latest one."),
    ProblemType("passkey-refused", 422, "The passkey was not accepted", _TRY_AGAIN),
    ProblemType("same-password", 422, "The new password is the old one", "Choose another."),
    ProblemType(
        "too-many-requests", 429, "Too many attempts", "Wait a little, then try again.", 60
    ),
    ProblemType(
        "server-error", 500, "Something went wrong on our side", "It has been logged. " + _TRY_LATER
    ),
    ProblemType("auth-away", 503, "Signing in is not possible right now", _TRY_LATER, 5),
    ProblemType("database-away", 503, "The database cannot be reached", _TRY_LATER, 5),
    ProblemType("database-busy", 503, "The database is busy", _TRY_LATER, 2),
    ProblemType("database-read-only", 503, "Nothing can be saved right now", _TRY_LATER, 60),
    ProblemType("storage-away", 503, "Files cannot be reached right now", _TRY_LATER, 5),
    ProblemType("unavailable", 503, "The site is not available right now", _TRY_LATER, 5),
)

BY_SLUG: Final[Mapping[str, ProblemType]] = {kind.slug: kind for kind in PROBLEM_TYPES}

SLUG_OF_ERROR: Final[Mapping[type[errors.HipFlaskError], str]] = {
    errors.HipFlaskError: "server-error",
    errors.InvalidCredentials: "wrong-credentials",
    errors.EmailNotConfirmed: "email-not-confirmed",
    errors.EmailRefused: "email-refused",
    errors.EmailTaken: "email-taken",
    errors.WeakPassword: "weak-password",
    errors.SamePassword: "same-password",
    errors.SignUpClosed: "sign-up-closed",
    errors.UserBanned: "user-banned",
    errors.TooManyAttempts: "too-many-requests",
    errors.ReauthenticationNeeded: "reauthentication-needed",
    errors.SecondFactorNeeded: "second-factor-needed",
    errors.PasskeyRefused: "passkey-refused",
    errors.WrongCode: "wrong-code",
    errors.LinkExpired: "link-expired",
    errors.LinkUnusable: "link-unusable",
    errors.NotSignedIn: "sign-in-needed",
    errors.SessionExpired: "session-ended",
    errors.TokenRejected: "token-rejected",
    errors.AuthUnavailable: "auth-away",
    errors.AuthError: "sign-in-refused",
    errors.RowHidden: "forbidden",
    errors.ConstraintBroken: "invalid-input",
    errors.Conflict: "conflict",
    errors.ReferenceBroken: "conflict",
    errors.ValueRefused: "invalid-input",
    errors.TransactionLost: "database-busy",
    errors.StatementTimeout: "database-busy",
    errors.DatabaseReadOnly: "database-read-only",
    errors.DatabaseUnavailable: "database-away",
    errors.ObjectNotFound: "file-not-found",
    errors.ObjectExists: "file-exists",
    errors.NameRefused: "file-name-refused",
    errors.TooLarge: "too-large",
    errors.TypeRefused: "unsupported-type",
    errors.NotAllowed: "forbidden",
    errors.RangeRefused: "range-refused",
    errors.StorageRefused: "bad-request",
    errors.StorageUnavailable: "storage-away",
    errors.SealBroken: "link-unusable",
    errors.CsrfFailed: "form-expired",
    errors.HostRefused: "wrong-host",
    errors.OneTimeTokenRefused: "one-time-token",
    errors.FormBroken: "bad-request",
    errors.FieldTooLong: "too-large",
    errors.InputRefused: "invalid-input",
    errors.RateLimited: "too-many-requests",
    errors.ScopeMissing: "forbidden",
    errors.ChangedMeanwhile: "changed-meanwhile",
    errors.KeyReused: "key-reused",
    errors.RequestUnderWay: "request-under-way",
}
"""The nearest class in an error's ancestry decides; what is not named is a server error."""

SLUG_OF_STATUS: Final[Mapping[int, str]] = {
    400: "bad-request",
    401: "sign-in-needed",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "too-slow",
    409: "conflict",
    410: "gone",
    412: "changed-meanwhile",
    413: "too-large",
    415: "unsupported-type",
    416: "range-refused",
    422: "invalid-input",
    429: "too-many-requests",
    500: "server-error",
    503: "unavailable",
}


_SLUG_OF_CSRF: Final = {"cross-site": "form-refused", "no-cookie": "cookies-needed"}


def type_of_error(error: errors.HipFlaskError) -> ProblemType:
    """Return the row for one of our errors."""
    if isinstance(error, errors.CsrfFailed):
        return BY_SLUG[_SLUG_OF_CSRF.get(error.reason, "form-expired")]
    for ancestor in type(error).__mro__:
        slug = SLUG_OF_ERROR.get(ancestor)
        if slug:
            return BY_SLUG[slug]
    raise TypeError(f"{type(error).__name__} is not an error of ours")


def type_of_status(status: int) -> ProblemType:
    """Return the row for an HTTP status; the nearest general one where it has none of its own."""
    slug = SLUG_OF_STATUS.get(status) or ("bad-request" if status < 500 else "server-error")
    return BY_SLUG[slug]
