"""custom_access_token: the project changes what a token says before it is signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth.hooks import answers, asking, claims_schema

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import AuthContext, Tx

_NAME: Final = "custom_access_token"
#: As far as Go writes a float as a whole number.
_LARGEST_WHOLE: Final = 1e21


def is_on(context: AuthContext) -> bool:
    """Whether a hook may change, or refuse, each token."""
    return asking.is_on(context, _NAME)


def customised(call: Call, tx: Tx, claims: dict[str, Any], method: str) -> dict[str, Any]:
    """Return the claims as the hook wants them. Its refusal must undo the caller's transaction."""
    if not is_on(call.context):
        return claims
    question = {
        "user_id": claims["sub"],
        "claims": claims,
        "authentication_method": method,
    }
    answer = asking.ask(call, _NAME, question, tx)
    if answer is not None and "claims" not in answer:
        raise answers.failure("output claims field is missing")
    changed = None if answer is None else answer["claims"]
    if changed is not None and not isinstance(changed, dict):
        raise answers.failure("Error unmarshaling JSON output.")
    faults = claims_schema.faults(changed)
    if faults:
        lines = "".join(f"- {fault}\n" for fault in faults)
        raise answers.failure(f"output claims do not conform to the expected schema: \n{lines}")
    return {name: _as_go_writes(value) for name, value in (changed or {}).items()}


def _as_go_writes(value: Any) -> Any:
    """Write 1.7e9 as 1700000000: a claim of time must be a whole number for many libraries."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return int(value)
    if isinstance(value, dict):
        return {key: _as_go_writes(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_as_go_writes(entry) for entry in value]
    return value
