"""The stack's own log: what its services have to say, with tracebacks, in one file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LARGEST = 5 * 1024 * 1024
# Ours, the connection pool's and the web framework's; the application has a process of its own.
LOGGERS = ("hipflask", "psycopg", "flask", "mail")
_FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


@contextmanager
def stack_log(path: Path, on_error: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Write to ``path`` until the block ends; ``on_error`` is told each error's one line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST:
        # Windows renames no open file, and `hipflask start` gives us this one as standard error.
        with suppress(PermissionError):
            path.replace(path.with_suffix(".old.log"))
    file = logging.FileHandler(path, encoding="utf-8", delay=True)
    file.setFormatter(logging.Formatter(_FORM))
    told = _Told(on_error)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(file)
        logger.addHandler(told)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(file)
            logger.removeHandler(told)
        file.close()


class _Told(logging.Handler):
    def __init__(self, on_error: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._on_error = on_error

    def emit(self, record: logging.LogRecord) -> None:
        """Pass the message on, without its traceback."""
        self._on_error(record.getMessage())
