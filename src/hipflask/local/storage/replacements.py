"""Reading an object that somebody replaces meanwhile.

A request reads the object's row and then opens the file that the row names. In between a new
upload may have dropped that file; then the row names another one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Final, TypeVar

from hipflask.local.storage.errors import StorageError, no_such_key

#: More often in a row is no chance: a file is lost, or the row was written by hand.
_MOST: Final = 5

_Result = TypeVar("_Result")


class ReplacedMeanwhileError(StorageError):
    """An object's file is gone, which its row named a moment ago. For a client: NoSuchKey."""

    def __init__(self, name: str) -> None:
        missing = no_such_key(name)
        super().__init__(
            *(missing.code, missing.message),
            status=missing.status,
            error=missing.error,
            resource=name,
        )


def despite_replacements(act: Callable[[], _Result]) -> _Result:
    """Do ``act`` anew where an object was replaced under it. It must not have read a stream."""
    for _ in range(_MOST - 1):
        with contextlib.suppress(ReplacedMeanwhileError):
            return act()
    return act()
