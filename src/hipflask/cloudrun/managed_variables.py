"""The variables that the deploy writes from other settings of hipflask.toml. Pure.

The kit reads the pool's size (``hipflask.Settings``), the image's ``gunicorn.conf.py`` the threads.
That file asks for one worker; gunicorn takes arguments from GUNICORN_CMD_ARGS over its file.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from hipflask.cloudrun.spec import ServiceSpec

MANAGED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DATABASE_POOL_SIZE": "database.pool_size",
        "GUNICORN_THREADS": "service.threads",
        "GUNICORN_CMD_ARGS": "service.workers",
        "WEB_CONCURRENCY": "service.workers",
    }
)
"""Each variable that may not be set by hand, and the setting that stands for it."""


def managed_variables(spec: ServiceSpec) -> dict[str, str]:
    """Return the variables to set besides those of the file."""
    variables = {
        "DATABASE_POOL_SIZE": str(spec.database.pool_size),
        "GUNICORN_THREADS": str(spec.threads),
    }
    if spec.workers != 1:
        variables["GUNICORN_CMD_ARGS"] = f"--workers={spec.workers}"
    return variables
