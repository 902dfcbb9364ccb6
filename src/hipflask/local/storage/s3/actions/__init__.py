"""What S3's operations do, one noun a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hipflask.local.storage.s3.actions import (
    buckets,
    copying,
    deleting,
    listing,
    multipart,
    parts,
    reading,
    writing,
)
from hipflask.local.storage.s3.storage_call import Action

#: By the names of ``operations.py``. PostObject is not here: its signature stands in its form.
ACTIONS: Final[Mapping[str, Action]] = {
    "AbortMultipartUpload": multipart.abort_multipart_upload,
    "CompleteMultipartUpload": multipart.complete_multipart_upload,
    "CopyObject": copying.copy_object,
    "CreateBucket": buckets.create_bucket,
    "CreateMultipartUpload": multipart.create_multipart_upload,
    "DeleteBucket": buckets.delete_bucket,
    "DeleteObject": deleting.delete_object,
    "DeleteObjects": deleting.delete_objects,
    "GetBucketAcl": buckets.get_bucket_acl,
    "GetBucketLocation": buckets.get_bucket_location,
    "GetBucketVersioning": buckets.get_bucket_versioning,
    "GetObject": reading.get_object,
    "GetObjectAcl": reading.get_object_acl,
    "GetObjectTagging": reading.get_object_tagging,
    "HeadBucket": buckets.head_bucket,
    "HeadObject": reading.head_object,
    "ListBuckets": buckets.list_buckets,
    "ListMultipartUploads": multipart.list_multipart_uploads,
    "ListObjectVersions": listing.list_object_versions,
    "ListObjects": listing.list_objects,
    "ListObjectsV2": listing.list_objects_v2,
    "ListParts": parts.list_parts,
    "PutObject": writing.put_object,
    "UploadPart": parts.upload_part,
    "UploadPartCopy": parts.upload_part_copy,
}
