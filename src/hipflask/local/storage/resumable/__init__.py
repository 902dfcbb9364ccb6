"""Resumable uploads: TUS 1.0.0 (https://tus.io) as Supabase Storage serves it.

What has arrived lies on disk, and its size is the offset: an upload outlives its connection, the
stack and a crash of either.
"""

from hipflask.local.storage.resumable.protocol import ResumableUploads

__all__ = ["ResumableUploads"]
