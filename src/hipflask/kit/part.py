"""An attribute that is made at its first use, once, whichever thread comes first.

``functools.cached_property`` has had no lock since Python 3.12: two first requests at once would
open two connection pools, and one of them would never be closed.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar, cast, overload

T = TypeVar("T")


class HasLock(Protocol):
    """An owner of parts. The lock is reentrant: one part may need another."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Held while a part is made."""


class part(Generic[T]):  # noqa: N801  # reads as a decorator
    """Turns a method into an attribute that keeps the method's first result."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> part[T]: ...
    @overload
    def __get__(self, instance: HasLock, owner: type) -> T: ...
    def __get__(self, instance: HasLock | None, owner: type) -> T | part[T]:
        """Return the kept result, or make it. Later look-ups do not come here at all."""
        if instance is None:
            return self
        kept = instance.__dict__
        with instance.lock:
            if self._name not in kept:
                kept[self._name] = self._make(instance)
            return cast(T, kept[self._name])
