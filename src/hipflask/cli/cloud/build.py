"""`hipflask cloud build`: the image, tagged with the commit."""

from __future__ import annotations

import time

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.options import builder_options, format_option, options_of
from hipflask.cli.cloud.plan_text import typed
from hipflask.cli.cloud.wheels import provide_wheel, wheel_sources
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.image_build import Builder, build_command
from hipflask.cloudrun.source_files import source_version


@click.command(short_help="Build the image and tag it with the commit.")
@builder_options
@format_option
def build(form: str, builder: str, build_args: tuple[str, ...]) -> None:
    """Build the image of this folder; its tag is the commit. Cloud Build also pushes it.

    \b
    Example: hipflask cloud build --build-arg PIP_INDEX_URL=https://mirror.example/simple
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    options = options_of(builder=builder, build_args=build_args)
    if options.builder is Builder.CLOUDBUILD or project.spec.project:
        project.require_names()
    source = source_version(project.root, project.programs, wheel_sources(project.root))
    # Without a project the image has a local name; a deploy needs one, a look at it does not.
    name = project.spec.image or project.spec.name or project.root.name.lower()
    path = project.spec.image_path if project.spec.project else name
    image = f"{path}:{source.tag}"
    if source.is_dirty:
        terminal.warning("The files differ from the last commit; the image's tag says so.")
    provide_wheel(terminal, project.root)
    command = build_command(options.builder, image, project.spec.project, options.build_args)
    terminal.line(f"$ {typed(command)}")
    began = time.monotonic()
    project.runner.run(command, on_line=terminal.line)
    terminal.step(f"Built {name}:{source.tag}", seconds=time.monotonic() - began)
    if form == "json":
        terminal.json({"image": image, "tag": source.tag, "commit": source.commit})
    else:
        terminal.result(image)
