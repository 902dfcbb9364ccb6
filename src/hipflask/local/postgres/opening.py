"""Chooses the server by the settings: the embedded one, or another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from hipflask.local.postgres.cluster import Cluster
from hipflask.local.postgres.external import URL_SETTING, ExternalServer


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
        return ExternalServer(url)
    return Cluster(data, port=port, log=log, durable=durable, environ=environ)
