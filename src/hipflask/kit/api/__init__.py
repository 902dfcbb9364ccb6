"""``hipflask.api``: REST resources whose declarations are also their validation and their OpenAPI.

    notes = api.Resource("notes", "/notes", "What the caller wrote.", version="updated_at")

    @notes.post("")
    def create(body: NewNote) -> api.Created[Note]:
        '''Write a note.'''

The signature says everything: ``body`` and ``query`` are msgspec structs or dataclasses, other
parameters come from the path, the return type is the answer. What a client sends is checked before
the handler runs, and refused member by member; what the handler returns is encoded by msgspec.
"""

from __future__ import annotations

from .access import ANYONE, SIGNED_IN, Access, scope
from .answers import Created, Export, Page
from .conditions import Match
from .cursors import pack, unpack
from .openapi import Api
from .patches import patched
from .resource import Resource
from .selection import Fields

__all__ = [
    "ANYONE",
    "SIGNED_IN",
    "Access",
    "Api",
    "Created",
    "Export",
    "Fields",
    "Match",
    "Page",
    "Resource",
    "pack",
    "patched",
    "scope",
    "unpack",
]
