"""Steps that bring the code into the registry and the schema into the database. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from hipflask.cloudrun.image_build import build_command, push_command
from hipflask.cloudrun.observed import Observed
from hipflask.cloudrun.plan.options import Options
from hipflask.cloudrun.plan.words import count
from hipflask.cloudrun.release import Release, SourceVersion
from hipflask.cloudrun.step import Step, StepName


def build(
    release: Release, observed: Observed, options: Options, source: SourceVersion
) -> Iterator[Step]:
    name = release.spec.image or release.spec.name
    note = "the files differ from the commit" if source.is_dirty else ""
    command = build_command(
        options.builder, release.image, release.spec.project, options.build_args
    )
    push = push_command(options.builder, release.image)
    if observed.image_digest:
        title = f"The image {name}:{source.tag} is in the repository"
        yield Step(StepName.BUILD, title, in_place=True, note=note)
        return
    pushes = "" if push else " with Cloud Build"
    yield Step(StepName.BUILD, f"Build {name}:{source.tag}{pushes}", (command,), note=note)
    if push:
        yield Step(StepName.PUSH, f"Push {name}:{source.tag}", (push,))


def migrations(observed: Observed, options: Options) -> Iterator[Step]:
    if not options.migrate or observed.pending is None:
        return
    if not observed.pending:
        yield Step(StepName.MIGRATIONS, "The database is up to date", in_place=True)
        return
    yield Step(
        StepName.MIGRATIONS,
        f"Apply {count(len(observed.pending), 'migration')}",
        note=f"hipflask db up: {', '.join(observed.pending)}",
    )
