"""Something in the cloud cannot be done; the whole tree is drawn in the package."""

from __future__ import annotations

from collections.abc import Sequence

from hipflask.errors.base import HipFlaskError


class DeployError(HipFlaskError):
    """Something in the cloud cannot be done, or cannot be found out."""


class ToolMissing(DeployError):
    """A program that is needed is not installed, or not on the path."""

    def __init__(self, program: str, *, needed_for: str, hint: str) -> None:
        super().__init__(
            f"{program} is not installed, or not on the path ({needed_for}).", hint=hint
        )
        self.program = program


class CommandFailed(DeployError):
    """A program ended with an error. ``output`` is what it said, without secrets."""

    def __init__(
        self, message: str, *, command: str, exit_code: int, output: str, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.command = command
        self.exit_code = exit_code
        self.output = output


class SpecRefused(DeployError):
    """``hipflask.toml`` asks for what Cloud Run or the application refuse; nothing was sent."""

    def __init__(self, message: str, *, codes: Sequence[str], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.codes = tuple(codes)


class NameTaken(DeployError):
    """Something of that name exists and was not made by Hipflask."""

    def __init__(self, message: str, *, name: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.name = name


class SmokeTestFailed(DeployError):
    """A revision does not answer as it should; ``url`` is where it can be looked at."""

    def __init__(self, message: str, *, url: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.url = url


class StepFailed(DeployError):
    """A step of a deploy failed or was interrupted; what came before it stays."""

    def __init__(
        self,
        message: str,
        *,
        step: str,
        done: Sequence[str],
        remaining: Sequence[str],
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.step = step
        self.done = tuple(done)
        self.remaining = tuple(remaining)


class DeployInterrupted(StepFailed):
    """A deploy stopped because somebody asked for it, between steps or within one."""
