"""Hipflask: Flask, Supabase and Cloud Run as one product.

The names below are the promise; everything else may change. They are imported at first use, so
that a command or a test that needs one of them does not pay for the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import errors
    from .kit import api
    from .kit.auth.links import Link
    from .kit.auth.results import LinkResult, SignUp
    from .kit.auth.user import User
    from .kit.data import Database, Transaction
    from .kit.extension import HipFlask
    from .kit.pictures import without_metadata
    from .kit.settings import Settings
    from .kit.storage import (
        Bucket,
        ObjectEntry,
        ObjectInfo,
        ObjectPage,
        Transform,
        UploadTicket,
        display_name,
        object_name,
    )
    from .kit.web.csrf import csrf_exempt, require_csrf_token
    from .kit.web.flash import flash
    from .kit.web.form_parts import form_parts
    from .kit.web.i18n import gettext, lazy_gettext, ngettext, use_language
    from .kit.web.redirects import safe_next
    from .kit.web.signed_in import api_login_required, api_user, current_user, login_required
    from .kit.web.step_up import StepUp, recent_sign_in_required, second_factor_required
    from .protocol.claims import Claims
    from .protocol.form_parts import FormPart

__all__ = [
    "Bucket",
    "Claims",
    "Database",
    "FormPart",
    "HipFlask",
    "Link",
    "LinkResult",
    "ObjectEntry",
    "ObjectInfo",
    "ObjectPage",
    "Settings",
    "SignUp",
    "StepUp",
    "Transaction",
    "Transform",
    "UploadTicket",
    "User",
    "api",
    "api_login_required",
    "api_user",
    "csrf_exempt",
    "current_user",
    "display_name",
    "errors",
    "flash",
    "form_parts",
    "gettext",
    "lazy_gettext",
    "login_required",
    "ngettext",
    "object_name",
    "recent_sign_in_required",
    "require_csrf_token",
    "safe_next",
    "second_factor_required",
    "use_language",
    "without_metadata",
]

_MODULES = ("errors", "kit.api")
_HOMES = {
    "kit.api": ("api",),
    "errors": ("errors",),
    "kit.auth.links": ("Link",),
    "kit.auth.results": ("LinkResult", "SignUp"),
    "kit.auth.user": ("User",),
    "kit.data": ("Database", "Transaction"),
    "kit.extension": ("HipFlask",),
    "kit.pictures": ("without_metadata",),
    "kit.settings": ("Settings",),
    "kit.storage": (
        "Bucket",
        "ObjectEntry",
        "ObjectInfo",
        "ObjectPage",
        "Transform",
        "UploadTicket",
        "display_name",
        "object_name",
    ),
    "kit.web.csrf": ("csrf_exempt", "require_csrf_token"),
    "kit.web.flash": ("flash",),
    "kit.web.form_parts": ("form_parts",),
    "kit.web.i18n": ("gettext", "lazy_gettext", "ngettext", "use_language"),
    "kit.web.redirects": ("safe_next",),
    "kit.web.signed_in": ("api_login_required", "api_user", "current_user", "login_required"),
    "kit.web.step_up": ("StepUp", "recent_sign_in_required", "second_factor_required"),
    "protocol.claims": ("Claims",),
    "protocol.form_parts": ("FormPart",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{home}")
    value = module if home in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
