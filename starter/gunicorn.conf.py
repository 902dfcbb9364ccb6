"""How gunicorn serves the application in a container.

gunicorn reads this file by itself from the folder it is started in.
"""

from __future__ import annotations

import os
from pathlib import Path

from gunicorn.workers.gthread import ThreadWorker

from hipflask.kit.slow_clients import HurryClients


def _number(name: str, default: int, least: int, most: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not least <= int(text) <= most:
        raise SystemExit(f"{name} is {text!r}; it must be a number from {least} to {most}.")
    return int(text)


bind = f"0.0.0.0:{_number('PORT', 8080, 1, 65535)}"

# One process fits 128 MiB, two do not; a thread costs next to nothing. Cloud Run's `concurrency`
# should not be more than the threads, or requests wait where its autoscaler cannot see them.
workers = 1
threads = _number("GUNICORN_THREADS", 8, 1, 1000)


class Worker(HurryClients, ThreadWorker):
    """Threads, which do not wait for clients that send or read slowly on purpose."""


worker_class = Worker

# What a request's head may have. A session is one small cookie, a bearer token may take 8 KiB.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# Cloud Run takes the CPU away between requests: a heartbeat would look missed, and gunicorn would
# kill a healthy worker. How long a request may take is Cloud Run's own setting.
timeout = 0
# Cloud Run waits 10 s after SIGTERM; requests under way have 8 of them to finish.
graceful_timeout = 8

# No files: the root may be read-only, and the user has no home.
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# Hipflask logs each request, with its id, to standard output.
accesslog = None
errorlog = "-"
