"""``flask --app app invite ada@example.com``: makes an account and mails the way into it."""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from hipflask import errors

from ..extensions import hip


@click.command("invite")
@click.argument("email")
@click.option("--language", type=click.Choice(["en", "zh-Hans"]), default="en", help="Of the mail.")
@with_appcontext
def invite(email: str, language: str) -> None:
    """Invite somebody: they get a mail, choose a password and are signed in."""
    try:
        hip.auth.invite(email, language=language)
    except errors.EmailTaken as error:
        raise click.ClickException(f"{email} has an account already.") from error
    except errors.HipFlaskError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{email} is invited. The link in the mail works once.")
