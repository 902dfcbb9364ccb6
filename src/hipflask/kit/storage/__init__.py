"""Files in Supabase Storage: buckets and the objects in them, over Storage's HTTP interface.

Every call has somebody's authority and row-level security decides. Only ``visitor.py`` knows Flask.
"""

from .answers import Folder, ObjectEntry, ObjectInfo, ObjectPage, StoredObject
from .bucket import Bucket
from .download import Download
from .links import Transform, UploadTicket
from .names import display_name, object_name
from .storage import Access, Storage

__all__ = [
    "Access",
    "Bucket",
    "Download",
    "Folder",
    "ObjectEntry",
    "ObjectInfo",
    "ObjectPage",
    "Storage",
    "StoredObject",
    "Transform",
    "UploadTicket",
    "display_name",
    "object_name",
]
