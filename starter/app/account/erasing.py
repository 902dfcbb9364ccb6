"""``flask --app app delete-due-accounts``: deletes the accounts whose two weeks are over.

Run it once a day: by cron, or as a Cloud Run job that Cloud Scheduler starts. It may be stopped at
any moment and run again.
"""

from __future__ import annotations

import click
from flask.cli import with_appcontext

from .. import avatars
from ..extensions import hip
from ..files import BUCKET

BUCKETS = (BUCKET, avatars.BUCKET)
"""The buckets in which people have a folder of their own, named by their id."""


@click.command("delete-due-accounts")
@with_appcontext
def delete_due_accounts() -> None:
    """Delete the accounts whose two weeks are over."""
    gone = hip.auth.account.deletions.carry_out(BUCKETS)
    click.echo(f"{len(gone)} deleted")
