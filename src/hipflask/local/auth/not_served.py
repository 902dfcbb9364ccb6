"""GoTrue's endpoints for what this service does not do, with the refusals of a GoTrue in which
that is switched off: clients then show "disabled" and not "no such page".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Handler, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()

#: Path prefix -> code and message. Asked without a look at the bearer token, as in GoTrue, where
#: the switch comes before the handler.
_SWITCHED_OFF: Final[Mapping[str, tuple[str, str]]] = {
    "/sso": ("saml_provider_disabled", "SAML 2.0 is disabled"),
    "/scim/v2": ("feature_disabled", "SCIM server is disabled"),
}
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _refuse_below(prefix: str, handler: Handler) -> None:
    for method in _METHODS:
        routes.add(method, prefix)(handler)
        routes.add(method, f"{prefix}/<path:_rest>")(handler)


def _switched_off(code: str, message: str) -> Handler:
    def refuse(_call: Call, _rest: str = "") -> Answer:
        raise AuthApiError(code, message)

    return refuse


for _prefix, _words in _SWITCHED_OFF.items():
    _refuse_below(_prefix, _switched_off(*_words))
