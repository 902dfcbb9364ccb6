"""Every operation in the eyes of the owner, another user, a visitor and the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
import jwt
import pytest
from botocore.config import Config

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import connect, content, keys, outcome, refused, sql

POLICIES = [
    """create policy folders on storage.objects to authenticated
    using (bucket_id = 'box' and (storage.foldername(name))[1] = auth.uid()::text)
    with check (bucket_id = 'box' and (storage.foldername(name))[1] = auth.uid()::text)""",
    "create policy buckets on storage.buckets for select to authenticated using (true)",
]
DENIED, NO_KEY, NO_BUCKET = "AccessDenied", "NoSuchKey", "NoSuchBucket"


@dataclass
class Scene:
    """``box`` with Ann's folder, and an upload of hers that is under way."""

    backend: SupabaseBackend
    people: Mapping[str, Any]
    folder: str
    upload: dict[str, Any]
    part: dict[str, Any]

    @property
    def file(self) -> dict[str, str]:
        """Ann's file."""
        return {"Bucket": "box", "Key": f"{self.folder}/a.txt"}


@pytest.fixture
def scene(backend: SupabaseBackend) -> Scene:
    service = connect(backend)
    service.create_bucket(Bucket="box")
    service.create_bucket(Bucket="spare")
    sql(backend, *POLICIES)
    ann, ben = (backend.signed_in(f"{name}@example.com") for name in ("ann", "ben"))
    people = {
        "anon": connect(backend, backend.anon_key),
        "other": connect(backend, ben.access_token),
        "owner": connect(backend, ann.access_token),
        "service": service,
    }
    folder = ann.user.id
    people["owner"].put_object(Bucket="box", Key=f"{folder}/a.txt", Body=b"hello")
    upload = people["owner"].create_multipart_upload(Bucket="box", Key=f"{folder}/big")
    named = {name: upload[name] for name in ("Bucket", "Key", "UploadId")}
    etag = people["owner"].upload_part(**named, PartNumber=1, Body=b"part")["ETag"]
    return Scene(backend, people, folder, named, {"PartNumber": 1, "ETag": etag})


def names(answer: Any, kind: str, name: str) -> Any:
    return [one[name] for one in answer.get(kind, [])]


Operation = Callable[[Scene, Any], Any]


def copy_from(scene: Scene, who: Any) -> Any:
    """Copy Ann's file into her folder."""
    source = scene.file
    who.copy_object(Bucket="box", Key=f"{scene.folder}/copy", CopySource=source)
    return "OK"


def done(call: Callable[..., Any]) -> str:
    call()
    return "OK"


def complete(scene: Scene, who: Any) -> Any:
    parts = {"Parts": [scene.part]}
    return done(partial(who.complete_multipart_upload, **scene.upload, MultipartUpload=parts))


def abort(scene: Scene, who: Any) -> Any:
    return done(partial(who.abort_multipart_upload, **scene.upload))


def delete_many(scene: Scene, who: Any) -> Any:
    answer = who.delete_objects(Bucket="box", Delete={"Objects": [{"Key": scene.file["Key"]}]})
    return [one["Code"] for one in answer.get("Errors", [])] or "OK"


#: Operation -> what it gives anon, another user, the owner, the service; asked in this order.
MATRIX: Mapping[str, tuple[Operation, tuple[Any, Any, Any, Any]]] = {
    "ListBuckets": (
        lambda _, who: names(who.list_buckets(), "Buckets", "Name"),
        ([], ["box", "spare"], ["box", "spare"], ["box", "spare"]),
    ),
    "HeadBucket": (
        lambda _, who: done(partial(who.head_bucket, Bucket="box")),
        ("404", "OK", "OK", "OK"),
    ),
    "GetBucketLocation": (
        lambda _, who: done(partial(who.get_bucket_location, Bucket="box")),
        (NO_BUCKET, "OK", "OK", "OK"),
    ),
    "GetBucketVersioning": (
        lambda _, who: done(partial(who.get_bucket_versioning, Bucket="box")),
        (NO_BUCKET, "OK", "OK", "OK"),
    ),
    "GetBucketAcl": (
        lambda _, who: done(partial(who.get_bucket_acl, Bucket="box")),
        (NO_BUCKET, "OK", "OK", "OK"),
    ),
    "CreateBucket": (
        lambda _, who: done(partial(who.create_bucket, Bucket="new")),
        (DENIED, DENIED, DENIED, "OK"),
    ),
    "DeleteBucket": (
        lambda _, who: done(partial(who.delete_bucket, Bucket="spare")),
        (NO_BUCKET, NO_BUCKET, NO_BUCKET, "OK"),
    ),
    "ListObjects": (
        lambda scene, who: [
            one == scene.file["Key"]
            for one in names(who.list_objects(Bucket="box"), "Contents", "Key")
        ],
        ([], [], [True], [True]),
    ),
    "ListObjectsV2": (
        lambda scene, who: [
            one == f"{scene.folder}/"
            for one in names(
                who.list_objects_v2(Bucket="box", Delimiter="/"), "CommonPrefixes", "Prefix"
            )
        ],
        ([], [], [True], [True]),
    ),
    "GetObject": (
        lambda scene, who: content(who, scene.file["Key"]),
        (NO_KEY, NO_KEY, b"hello", b"hello"),
    ),
    "HeadObject": (
        lambda scene, who: who.head_object(**scene.file)["ContentLength"],
        ("404", "404", 5, 5),
    ),
    "GetObjectTagging": (
        lambda scene, who: who.get_object_tagging(**scene.file)["TagSet"],
        (NO_KEY, NO_KEY, [], []),
    ),
    "GetObjectAcl": (
        lambda scene, who: done(partial(who.get_object_acl, **scene.file)),
        (NO_KEY, NO_KEY, "OK", "OK"),
    ),
    "PutObject": (
        lambda scene, who: done(
            partial(who.put_object, Bucket="box", Key=f"{scene.folder}/new", Body=b"x")
        ),
        (DENIED, DENIED, "OK", "OK"),
    ),
    "PutObject over another": (
        lambda scene, who: done(partial(who.put_object, **scene.file, Body=b"x")),
        (DENIED, DENIED, "OK", "OK"),
    ),
    "CopyObject": (copy_from, (NO_KEY, NO_KEY, "OK", "OK")),
    "DeleteObject": (
        lambda scene, who: done(partial(who.delete_object, **scene.file)),
        (DENIED, DENIED, "OK", "OK"),
    ),
    "DeleteObjects": (delete_many, ([DENIED], [DENIED], "OK", "OK")),
    "CreateMultipartUpload": (
        lambda scene, who: done(
            partial(who.create_multipart_upload, Bucket="box", Key=f"{scene.folder}/m")
        ),
        (DENIED, DENIED, "OK", "OK"),
    ),
    "UploadPart": (
        lambda scene, who: done(partial(who.upload_part, **scene.upload, PartNumber=2, Body=b"x")),
        (DENIED, DENIED, "OK", "OK"),
    ),
    "UploadPartCopy": (
        lambda scene, who: done(
            partial(who.upload_part_copy, **scene.upload, PartNumber=2, CopySource=dict(scene.file))
        ),
        (NO_KEY, NO_KEY, "OK", "OK"),
    ),
    "ListParts": (
        lambda scene, who: names(who.list_parts(**scene.upload), "Parts", "PartNumber"),
        ([], [], [], [1]),
    ),
    "ListMultipartUploads": (
        lambda _, who: len(names(who.list_multipart_uploads(Bucket="box"), "Uploads", "Key")),
        (0, 0, 0, 1),
    ),
    "CompleteMultipartUpload": (complete, (DENIED, DENIED, "OK", "NoSuchUpload")),
    "AbortMultipartUpload": (abort, (DENIED, DENIED, "OK", "NoSuchUpload")),
}


@pytest.mark.parametrize("operation", MATRIX)
def test_policies_decide(scene: Scene, operation: str) -> None:
    act, expected = MATRIX[operation]
    seen = tuple(outcome(partial(act, scene, who)) for who in scene.people.values())
    assert seen == expected


def test_may_not_copy_into_another_folder(scene: Scene) -> None:
    ben = scene.people["other"]
    with refused(DENIED, 403, "new row violates row-level security policy"):
        scene.people["owner"].copy_object(Bucket="box", Key="elsewhere/x", CopySource=scene.file)
    with refused(NO_KEY, 404):
        ben.copy_object(Bucket="box", Key="elsewhere/x", CopySource=scene.file)


def test_keeps_whose_it_is(scene: Scene) -> None:
    rows = sql(scene.backend, "select owner_id, owner::text from storage.objects")
    assert rows == [(scene.folder, scene.folder)]


def test_policies_know_the_operation(backend: SupabaseBackend) -> None:
    connect(backend).create_bucket(Bucket="box")
    connect(backend).put_object(Bucket="box", Key="a", Body=b"hello")
    sql(
        backend,
        "create policy p on storage.objects for select to authenticated"
        " using (storage.allow_only_operation('storage.s3.object.list'))",
    )
    ann = connect(backend, backend.signed_in("ann@example.com").access_token)
    assert keys(ann) == ["a"]
    with refused(NO_KEY, 404):
        ann.get_object(Bucket="box", Key="a")


def test_policies_do_not_see_the_token(backend: SupabaseBackend) -> None:
    connect(backend).create_bucket(Bucket="box")
    connect(backend).put_object(Bucket="box", Key="a", Body=b"hello")
    sql(
        backend,
        "create policy p on storage.objects for select to authenticated using ("
        "not current_setting('request.headers')::jsonb ?| '{authorization,x-amz-security-token}'"
        " and current_setting('request.headers')::jsonb ? 'x-amz-date')",
    )
    ann = connect(backend, backend.signed_in("ann@example.com").access_token)
    assert keys(ann) == ["a"]


def with_pair(backend: SupabaseBackend, key: str, secret: str, token: str | None = None) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=f"{backend.url}/storage/v1/s3",
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        region_name="local",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def test_pairs_do_not_mix(backend: SupabaseBackend) -> None:
    token = backend.signed_in("ann@example.com").access_token
    pair = (backend.keys.s3_access_key_id, backend.keys.s3_secret_access_key)
    with refused(DENIED, 403, "Invalid Access Key"):
        with_pair(backend, "stub", backend.anon_key).list_buckets()
    with refused(DENIED, 403, "Invalid Access Key"):
        with_pair(backend, *pair, token).list_buckets()
    with refused("SignatureDoesNotMatch", 403, "should be a valid JWT token"):
        with_pair(backend, "stub", pair[1], token).list_buckets()
    with refused("SignatureDoesNotMatch", 403):
        with_pair(backend, pair[0], backend.anon_key).list_buckets()
    with refused(DENIED, 403, "Invalid Access Key"):
        with_pair(backend, "nobody", pair[1]).list_buckets()


@pytest.mark.parametrize(
    ("claims", "secret", "message"),
    [
        ({"role": "authenticated", "exp": 1}, "", '"exp" claim timestamp check failed'),
        ({"role": "service_role"}, "another-secret-of-enough-length!", "signature verification"),
    ],
)
def test_token_must_be_good(
    backend: SupabaseBackend, claims: dict[str, Any], secret: str, message: str
) -> None:
    token = jwt.encode(claims, secret or backend.jwt_secret, algorithm="HS256")
    with refused(DENIED, 403, message):
        connect(backend, token).list_buckets()
    with refused(DENIED, 403, "Invalid Compact JWS"):
        connect(backend, "rubbish").list_buckets()


def test_the_service_role_token_is_the_service(scene: Scene) -> None:
    assert keys(connect(scene.backend, scene.backend.service_role_key)) == [scene.file["Key"]]
