"""Deletes the accounts whose two weeks are over.

``/dashboard`` does it by the way, once an hour at most. ``flask --app app delete-due-accounts``
does it at a set time, also while nobody visits: by cron, or as a Cloud Run job that Cloud
Scheduler starts. Either may be stopped at any moment and goes on the next time.
"""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from .. import avatars
from ..extensions import hip
from ..files import BUCKET

BUCKETS = (BUCKET, avatars.BUCKET)
"""The buckets in which people have a folder of their own, named by their id."""


def sweep_due_accounts() -> None:
    """Delete a few of them, if nobody has looked in the last hour."""
    hip.auth.account.deletions.sweep(BUCKETS)


@click.command("delete-due-accounts")
@with_appcontext
def delete_due_accounts() -> None:
    """Delete the accounts whose two weeks are over."""
    gone = hip.auth.account.deletions.carry_out(BUCKETS)
    click.echo(f"{len(gone)} deleted")
