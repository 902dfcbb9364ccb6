"""Rules of hipflask.toml and supabase/config.toml, before anything else is looked at. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.doctor.facts import Cause, Code, Facts, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity
from hipflask.cloudrun.spec_file import FILE_NAME
from hipflask.cloudrun.validate import validate


def check_spec(facts: Facts) -> Iterator[Said]:
    """Say all that a deploy would object to, with the real DATABASE_URL where it is known."""
    findings = validate(facts.spec, facts.context)
    if not findings:
        yield f"{FILE_NAME}: Cloud Run takes it, and the application can live with it"
    yield from findings
    if not facts.context.database_url:
        yield Unseen(
            "pooler mode, host and user of DATABASE_URL: its value is neither in .env.production"
            " nor in Secret Manager"
        )


def check_config(facts: Facts) -> Iterator[Said]:
    """The file has to be readable."""
    if not isinstance(facts.config, Unseen):
        yield "supabase/config.toml can be read"
    elif facts.config.cause is Cause.FAILED:
        yield Symptom(
            "config-toml",
            Severity.ERROR,
            "",
            facts.config.reason,
            "The Supabase CLI reads the same file; what it says is compared with the project.",
            facts.config.hint or "Correct the file.",
        )
    else:
        yield facts.config


def check_commit(facts: Facts) -> Iterator[Said]:
    """An image should be a commit's."""
    if isinstance(facts.code, Code) and facts.code.is_dirty:
        yield Symptom(
            "files-uncommitted",
            Severity.NOTE,
            "",
            f"Some files differ from the last commit, {facts.code.head[:7]}.",
            "A deploy would bring them, in an image that no commit describes.",
            "Commit them first: git commit",
        )
    elif isinstance(facts.code, Code):
        yield f"every file is in the commit {facts.code.head[:7]}"
    else:
        yield facts.code


RULES: Final = (check_spec, check_config, check_commit)
