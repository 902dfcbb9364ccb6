"""Chooses the server by the settings: the embedded one, or another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hipflask.local.postgres.cluster import Cluster

if TYPE_CHECKING:
    from hipflask.local.postgres.external import ExternalServer

URL_SETTING = "HIPFLASK_POSTGRES_URL"


def open_server(
    data: Path,
    *,
    port: int,
    log: Path | None = None,
    durable: bool = True,
    environ: Mapping[str, str] = os.environ,
) -> Cluster | ExternalServer:
    """Return the server that HIPFLASK_POSTGRES_URL names, else a cluster in ``data``.

    The cluster runs the programs of HIPFLASK_POSTGRES_BIN, else the wheel's. Not started yet.
    """
    url = environ.get(URL_SETTING, "").strip()
    if url:
        # Deferred: it needs psycopg, which takes longer to import than the server to start.
        from hipflask.local.postgres.external import ExternalServer

        return ExternalServer(url)
    return Cluster(data, port=port, log=log, durable=durable, environ=environ)
