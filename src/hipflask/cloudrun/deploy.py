"""Walks the steps of a plan: runs their commands, and says after a failure how to go on."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from hipflask.cloudrun.command import Command
from hipflask.cloudrun.gcloud import is_there_already
from hipflask.cloudrun.observe.project import find_invokers, find_service
from hipflask.cloudrun.plan.revision import with_next_number
from hipflask.cloudrun.plan.secrets import SECRET_KEY
from hipflask.cloudrun.release import CANDIDATE
from hipflask.cloudrun.roles import EVERYBODY
from hipflask.cloudrun.run_command import CommandRunner
from hipflask.cloudrun.service import Service
from hipflask.cloudrun.smoke import SmokeTest, Visitor, run_smoke_test
from hipflask.cloudrun.step import Plan, Step, StepName
from hipflask.errors import (
    CommandFailed,
    DeployError,
    DeployInterrupted,
    HipFlaskError,
    StepFailed,
)

# cloud.google.com/iam/docs/access-change-propagation: what was granted is known after a while.
_PAUSES: Final = (10, 20, 30)
_ON_ITS_WAY: Final = re.compile(
    r"Permission denied on secret|service account .*does not exist", re.IGNORECASE
)


class Progress(Protocol):
    """Hears how a deploy gets on."""

    def begins(self, step: Step) -> None:
        """A step begins."""

    def says(self, line: str) -> None:
        """A program wrote a line."""

    def ends(self, step: Step, seconds: float) -> None:
        """A step is done, or was in place (0 seconds)."""


@dataclass(slots=True)
class Deployment:
    """What a deploy needs besides its plan, and what it has come to.

    ``values`` holds the values of secrets by variable; ``migrate`` brings the database up to date;
    ``go_on`` is the command that goes on after a failure. ``is_stopped`` is asked between steps.
    """

    plan: Plan
    runner: CommandRunner
    values: Mapping[str, str]
    migrate: Callable[[], None]
    test: SmokeTest
    progress: Progress
    go_on: str
    is_stopped: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    service: Service | None = None
    done: list[str] = field(default_factory=list)

    def run(self) -> Service:
        """Take all steps and return the service as it is then. Raises StepFailed."""
        for step in self.plan.steps:
            if step.in_place:
                self.progress.ends(step, 0)
                continue
            if self.is_stopped():
                raise self._stopped(
                    step, "was not begun: you asked to stop", kind=DeployInterrupted
                )
            self.progress.begins(step)
            began = time.monotonic()
            try:
                self._take(step)
            except KeyboardInterrupt:
                raise self._stopped(step, "was interrupted", kind=DeployInterrupted) from None
            except HipFlaskError as error:
                raise self._stopped(step, f"failed.\n{error.message}", error.hint) from error
            self.done.append(step.name.value)
            self.progress.ends(step, time.monotonic() - began)
        return self._service()

    def _take(self, step: Step) -> None:
        for command in step.commands:
            self._run(command, step)
        if step.name is StepName.MIGRATIONS:
            self.migrate()
        elif step.name is StepName.SMOKE:
            self._smoke()
        elif step.name is StepName.VERIFY:
            self._verify()

    def _run(self, command: Command, step: Step) -> None:
        stdin = self._value(command.stdin_of) if command.stdin_of else ""
        for pause in _PAUSES:
            try:
                self._run_once(command, step, stdin)
                return
            except CommandFailed as error:
                if not self._is_on_its_way(step, error):
                    raise
            self.progress.says(f"A new account takes a moment to be known. Again in {pause} s.")
            self.sleep(pause)
            command = with_next_number(command)
        self._run_once(command, step, stdin)

    def _run_once(self, command: Command, step: Step, stdin: str) -> None:
        try:
            done = self.runner.run(command, stdin=stdin, on_line=self.progress.says)
        except CommandFailed as error:
            # Made in the meantime, or not seen because its API was off: it is there, that counts.
            if "create" in command.argv and is_there_already(error):
                self.progress.says("it was there already")
                return
            raise
        if step.name is StepName.REVISION:
            self.service = Service.parse(json.loads(done.stdout))

    def _is_on_its_way(self, step: Step, error: CommandFailed) -> bool:
        """Tell whether Google may only not have heard everywhere of the account's step."""
        account = self.plan.step(StepName.ACCOUNT)
        is_new = account is not None and not account.in_place
        waits = (StepName.ACCOUNT, StepName.REVISION)
        return is_new and step.name in waits and bool(_ON_ITS_WAY.search(error.output))

    def _value(self, variable: str) -> str:
        value = self.values.get(variable)
        if value is None and variable == SECRET_KEY:
            return secrets.token_urlsafe(48)
        if value is None:
            raise DeployError(f"No value for {variable} is at hand.")
        return value

    def _smoke(self) -> None:
        target = self._service().tagged(CANDIDATE)
        if target is None or not target.url:
            raise DeployError(
                f"The service has no address for its tag {CANDIDATE}.",
                hint="Repeat the deploy; it sets the tag.",
            )
        self._visit(target.url, self.test)

    def _verify(self) -> None:
        """Hold the result against the plan: traffic, access, and an answer at the real address."""
        spec = self.plan.release.spec
        self.service = find_service(spec, self.runner.gcloud)
        service = self._service()
        candidate = service.tagged(CANDIDATE)
        share = service.traffic.get(candidate.revision, 0) if candidate else 0
        if share != self.plan.canary:
            raise DeployError(
                f"The new revision has {share} % of the traffic instead of {self.plan.canary} %.",
                hint="Somebody else may have changed it: hipflask cloud describe",
            )
        if spec.public and EVERYBODY not in find_invokers(spec, self.runner.gcloud):
            raise DeployError(
                f"{spec.name} runs, but not everybody may visit it: allUsers lacks"
                " roles/run.invoker.",
                hint="An organisation's policy may forbid it (domain restricted sharing). Ask its"
                " administrator, or set service.public = false.",
            )
        # Who may not visit a private service, and says so, can deploy it all the same.
        if spec.public or self.plan.step(StepName.SMOKE):
            self._visit(service.url, replace(self.test, email="", password=""))

    def _visit(self, url: str, test: SmokeTest) -> None:
        token = "" if self.plan.release.spec.public else self._identity_token()
        visitor = Visitor(url, self.runner.environ, token=token)
        try:
            run_smoke_test(test, visitor, lambda path: self.progress.says(f"{path}: as expected"))
        finally:
            visitor.close()

    def _identity_token(self) -> str:
        """Return who we are, for a service that not everybody may call."""
        command = Command(("gcloud", "auth", "print-identity-token"))
        return self.runner.gcloud.run(command).stdout.strip()

    def _service(self) -> Service:
        if self.service is None:
            self.service = find_service(self.plan.release.spec, self.runner.gcloud)
        if self.service is None:
            raise DeployError("The service is gone.", hint=self.go_on)
        return self.service

    def _stopped(
        self, step: Step, what: str, hint: str = "", *, kind: type[StepFailed] = StepFailed
    ) -> StepFailed:
        names = [each.name.value for each in self.plan.to_do]
        remaining = names[names.index(step.name.value) :]
        return kind(
            f"The step {step.name.value} ({step.title}) {what}",
            step=step.name.value,
            done=self.done,
            remaining=remaining,
            hint="\n".join(
                line
                for line in (
                    hint,
                    self._untouched(step),
                    f"Done and kept: {_listed(self.done)}.",
                    f"Go on with: {self.go_on}",
                )
                if line
            ),
        )

    def _untouched(self, step: Step) -> str:
        """Say what visitors have of it, which is what one fears first."""
        order = list(StepName)
        if self.plan.is_new:
            return ""
        traffic = self.plan.step(StepName.TRAFFIC)
        if traffic is not None and traffic.in_place:
            return "For visitors nothing has changed: this revision is the one that they get."
        if step.name is StepName.TRAFFIC:
            return "Who has the traffic now: hipflask cloud traffic"
        if order.index(step.name) > order.index(StepName.TRAFFIC):
            return "Visitors get the new revision. Back to the old one: hipflask cloud rollback"
        said = "Visitors still get the old revision."
        if StepName.ACCESS.value in self.done and not self.plan.release.spec.public:
            said = "Those who may visit it still get the old revision."
        if step.name is StepName.SMOKE and self.service:
            target = self.service.tagged(CANDIDATE)
            if target:
                said += f" The new one stays for a look: {target.url}"
        return said


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "nothing"


def to_json(deployment: Deployment, error: StepFailed | None = None) -> dict[str, Any]:
    """Return for machines what became of a deploy."""
    service = deployment.service
    steps = []
    for step in deployment.plan.steps:
        state = "in place" if step.in_place else "not begun"
        if step.name.value in deployment.done:
            state = "done"
        elif error is not None and step.name.value == error.step:
            state = "failed"
        steps.append({**step.to_json(), "state": state})
    return {
        "ok": error is None,
        "revision": deployment.plan.release.revision,
        "image": deployment.plan.release.image,
        "url": service.url if service else "",
        "traffic": service.traffic if service else {},
        "steps": steps,
        "error": None if error is None else {"message": error.message, "hint": error.hint},
    }
