"""PostgreSQL with row-level security: SQL runs as the user, inside one transaction at a time.

The only room of the kit that opens a database connection. Knows nothing of Flask.
"""

from .database import Database
from .rows import Row
from .scope import ANON, SERVICE, Scope
from .transaction import Transaction

__all__ = ["ANON", "SERVICE", "Database", "Row", "Scope", "Transaction"]
