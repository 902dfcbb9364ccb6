"""Buckets."""

from __future__ import annotations

from typing import Final

from hipflask.local.storage import buckets
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.names import require_new_bucket_name
from hipflask.local.storage.removals import remove_bucket
from hipflask.local.storage.s3.request import xml_answer
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.s3.xml import Value

#: The region that Supabase's CLI gives its stack.
REGION: Final = "local"
#: Whose everything is: S3 knows accounts, a project is one.
OWNER: Final[Value] = {"ID": "supabase", "DisplayName": "supabase"}


def create_bucket(call: StorageCall) -> Answer:
    """Add a bucket; ``x-amz-acl: public-read`` makes it public."""
    call.document()  # a LocationConstraint: there is one place
    name = require_new_bucket_name(call.bucket)
    with call.database.as_caller(call.scope) as tx:
        buckets.create(
            tx,
            name,
            name=name,
            owner=call.scope.caller.user_id,
            public=call.headers.get("x-amz-acl") == "public-read",
            file_size_limit=None,
            allowed_mime_types=None,
        )
    return Answer(200, (("Location", f"/{name}"),))


def list_buckets(call: StorageCall) -> Answer:
    """List the buckets that the caller may see, by the names under which they are found."""
    with call.database.as_caller(call.scope) as tx:
        found = buckets.listed(tx, sort_column="id")
    listed: list[Value] = [{"Name": one.id, "CreationDate": one.created_at} for one in found]
    return xml_answer("ListAllMyBucketsResult", {"Owner": OWNER, "Buckets": {"Bucket": listed}})


def head_bucket(call: StorageCall) -> Answer:
    """Tell whether there is a bucket that the caller may see."""
    require_visible(call)
    return Answer(200, (("x-amz-bucket-region", REGION),))


def delete_bucket(call: StorageCall) -> Answer:
    """Delete an empty bucket."""
    remove_bucket(call.database, call.scope, call.bucket)
    return Answer(204)


def get_bucket_location(call: StorageCall) -> Answer:
    """Name the region, which is the same for all."""
    require_visible(call)
    return xml_answer("LocationConstraint", REGION)


def get_bucket_versioning(call: StorageCall) -> Answer:
    """Say that there is no versioning."""
    require_visible(call)
    return xml_answer("VersioningConfiguration", {"Status": "Suspended", "MfaDelete": "Disabled"})


def get_bucket_acl(call: StorageCall) -> Answer:
    """Say that the bucket is the project's: policies, not ACLs, decide here."""
    require_visible(call)
    return acl_answer()


def acl_answer() -> Answer:
    """Return the access control list of a bucket or an object."""
    grant: Value = {"Grantee": OWNER, "Permission": "FULL_CONTROL"}
    return xml_answer(
        "AccessControlPolicy", {"Owner": OWNER, "AccessControlList": {"Grant": grant}}
    )


def require_visible(call: StorageCall) -> None:
    """Raise NoSuchBucket unless the caller may see the bucket."""
    buckets.of_rows(call.database.ask(call.scope, buckets.FIND, (call.bucket,)), call.bucket)


def require_existing(call: StorageCall) -> None:
    """Raise NoSuchBucket unless there is the bucket, whoever may see it."""
    buckets.of_rows(call.database.ask(None, buckets.FIND, (call.bucket,)), call.bucket)
