"""Sessions that live on the server: an opaque id in the cookie, sealed tokens in PostgreSQL.

The id is 256 random bits and only its SHA-256 is stored, so a copy of the table opens nothing. The
tokens are sealed with the app's key and bound to their row. Refreshing is done once, however many
requests in however many processes notice at the same moment that it is due.
"""

from .record import Session, SessionInfo, Visitor
from .sessions import Sessions

__all__ = ["Session", "SessionInfo", "Sessions", "Visitor"]
