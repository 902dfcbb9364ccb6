"""Asking a hook by its name in ``config.toml``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from hipflask.local.auth.hooks import answers, functions
from hipflask.local.auth.timestamps import rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import AuthContext, Tx
    from hipflask.local.config import HookConfig

#: Key in config.toml -> the name in a payload (GoTrue, v0hooks.go).
_NAMES: Final = {
    "send_sms": "send-sms",
    "send_email": "send-email",
    "custom_access_token": "customize-access-token",
    "mfa_verification_attempt": "mfa-verification",
    "password_verification_attempt": "password-verification",
    "before_user_created": "before-user-created",
}


def is_on(context: AuthContext, name: str) -> bool:
    """Whether ``[auth.hook.NAME]`` is switched on."""
    return _hook(context, name).enabled


def ask(call: Call, name: str, question: dict[str, Any], tx: Tx | None) -> dict[str, Any] | None:
    """Return what the hook answers, None for nothing at all, or raise its refusal.

    A function runs inside ``tx``. Where GoTrue has no transaction open, None: the function then
    gets one of its own, and none waits for a service.
    """
    context, hook = call.context, _hook(call.context, name)
    payload = json.dumps({"metadata": _metadata(call, name), **question}, separators=(",", ":"))
    raw: str | bytes | None
    if not hook.is_function:
        raw = context.webhooks.post(hook, payload.encode())
    elif tx is not None:
        raw = functions.run(tx, hook, payload, timeout=context.hook_limits.function)
    else:
        with call.reading() as own:
            raw = functions.run(own, hook, payload, timeout=context.hook_limits.function)
    return answers.read(name, raw)


def _hook(context: AuthContext, name: str) -> HookConfig:
    hook: HookConfig = getattr(context.config.hook, name)
    return hook


def _metadata(call: Call, name: str) -> dict[str, str]:
    made = {"uuid": str(uuid4()), "time": rfc3339(call.context.clock.now()), "name": _NAMES[name]}
    return {**made, "ip_address": call.address} if call.address else made
