"""What every part of the Storage service is given."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hipflask.local.key_ring import KeyRing
from hipflask.local.storage.caller import Callers
from hipflask.local.storage.database import Database
from hipflask.local.storage.files import FileStore
from hipflask.local.storage.render.cache import RenderedCache

if TYPE_CHECKING:
    from hipflask.local.config import StorageConfig
    from hipflask.local.keys import ProjectKeys
    from hipflask.protocol.clock import Clock


@dataclass(frozen=True)
class StorageContext:
    """Everything a Storage app works with. One per app; nothing here is global."""

    config: StorageConfig
    keys: ProjectKeys
    database: Database
    files: FileStore
    clock: Clock
    #: Where clients reach the service, without a trailing slash.
    external_url: str
    callers: Callers = field(init=False, repr=False)
    rendered: RenderedCache = field(default_factory=RenderedCache, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "callers", Callers(self.key_ring))

    @cached_property
    def key_ring(self) -> KeyRing:
        """The keys that verify tokens, parsed once."""
        return KeyRing.from_keys(self.keys)
