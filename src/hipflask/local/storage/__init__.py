"""Supabase Storage, embedded: buckets and objects by REST, under row-level security.

Files lie on disk by version (``files.py``), everything else in the schema ``storage``.
"""

from hipflask.local.storage.app import StorageApp
from hipflask.local.storage.context import StorageContext
from hipflask.local.storage.database import Database, open_pool
from hipflask.local.storage.files import FileStore

__all__ = ["Database", "FileStore", "StorageApp", "StorageContext", "open_pool"]
