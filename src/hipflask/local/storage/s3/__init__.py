"""The S3 protocol of Storage.

Everything that reads or writes S3's own words is pure and lives in a file of its own; what an
operation does is one small function in ``actions/``, from ``StorageCall`` to ``Answer``. What the
words mean is AWS's documentation ("Amazon S3 API Reference"), and where Supabase's Storage answers
otherwise, Supabase's answer.
"""

from hipflask.local.storage.s3.protocol import S3Protocol

__all__ = ["S3Protocol"]
