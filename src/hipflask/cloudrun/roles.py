"""The roles and members of Google's access control that a deploy deals with. Pure."""

from __future__ import annotations

from typing import Final

EVERYBODY: Final = "allUsers"
INVOKER: Final = "roles/run.invoker"
READER: Final = "roles/secretmanager.secretAccessor"
