"""Hipflask: Flask, Supabase and Cloud Run as one product.

The names below are the promise; everything else may change. They are imported at first use, so
that a command or a test that needs one of them does not pay for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hipflask import errors as errors
    from hipflask.kit.auth.user import User as User
    from hipflask.kit.data import Database as Database
    from hipflask.kit.extension import HipFlask as HipFlask
    from hipflask.kit.settings import Settings as Settings
    from hipflask.kit.web.csrf import csrf_exempt as csrf_exempt
    from hipflask.kit.web.flash import flash as flash
    from hipflask.kit.web.i18n import gettext as gettext
    from hipflask.kit.web.i18n import lazy_gettext as lazy_gettext
    from hipflask.kit.web.i18n import ngettext as ngettext
    from hipflask.kit.web.i18n import use_language as use_language
    from hipflask.kit.web.redirects import safe_next as safe_next
    from hipflask.kit.web.signed_in import api_login_required as api_login_required
    from hipflask.kit.web.signed_in import api_user as api_user
    from hipflask.kit.web.signed_in import current_user as current_user
    from hipflask.kit.web.signed_in import login_required as login_required
    from hipflask.protocol.claims import Claims as Claims

_HOME = {
    "Claims": "hipflask.protocol.claims",
    "Database": "hipflask.kit.data",
    "HipFlask": "hipflask.kit.extension",
    "Settings": "hipflask.kit.settings",
    "User": "hipflask.kit.auth.user",
    "api_login_required": "hipflask.kit.web.signed_in",
    "api_user": "hipflask.kit.web.signed_in",
    "csrf_exempt": "hipflask.kit.web.csrf",
    "current_user": "hipflask.kit.web.signed_in",
    "errors": "",
    "flash": "hipflask.kit.web.flash",
    "gettext": "hipflask.kit.web.i18n",
    "lazy_gettext": "hipflask.kit.web.i18n",
    "login_required": "hipflask.kit.web.signed_in",
    "ngettext": "hipflask.kit.web.i18n",
    "safe_next": "hipflask.kit.web.redirects",
    "use_language": "hipflask.kit.web.i18n",
}

__all__ = sorted(_HOME)  # noqa: PLE0605  # a sorted list of literals, pinned by a test


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(home), name) if home else import_module(f"hipflask.{name}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
