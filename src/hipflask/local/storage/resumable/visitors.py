"""Who sends a request, and with whose rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hipflask.local.storage import buckets, signed_tokens
from hipflask.local.storage.buckets import Bucket
from hipflask.local.storage.call import Call
from hipflask.local.storage.caller import SERVICE
from hipflask.local.storage.database import Scope
from hipflask.local.storage.errors import StorageError
from hipflask.local.storage.resumable.shelf import Note
from hipflask.local.storage.uploads import Target, ask_permission

SIGNED = "/upload/resumable/sign"


@dataclass(frozen=True, slots=True)
class Visitor:
    """``identity`` tells whose uploads are whose; ``owner`` is what the object's row says."""

    call: Call
    scope: Scope
    identity: str
    owner: str | None
    upsert: bool

    def ask(self, note: Note) -> tuple[Bucket, Callable[[], None]]:
        """Return the bucket, and what raises unless the object may be written there.

        Raises NoSuchBucket; the function AccessDenied or KeyAlreadyExists.
        """
        # What is not known is not there, so that a policy does not read it as null.
        known = {"mimetype": note.metadata.get("contentType"), "contentLength": note.length}
        rows, permission = ask_permission(
            self.call.database,
            self.scope,
            Target(note.bucket_id, note.name, self.owner, self.upsert or note.upsert),
            metadata={key: value for key, value in known.items() if value is not None},
            user_metadata=note.user_metadata,
        )
        return buckets.of_rows(rows, note.bucket_id), permission

    def require_permission(self, note: Note) -> Bucket:
        """Return the bucket, or raise unless the object may be written there."""
        bucket, permission = self.ask(note)
        permission()
        return bucket


def is_signed(call: Call) -> bool:
    """Tell whether a request shows a signature in the place of a key."""
    return call.raw_path == SIGNED or call.raw_path.startswith(SIGNED + "/")


def visitor_of(call: Call, bucket_id: str, name: str) -> Visitor:
    """Return who asks for this object; raise InvalidSignature or InvalidJWT."""
    if not is_signed(call):
        caller = call.caller
        identity = f"user:{caller.user_id}" if caller.user_id else f"role:{caller.role}"
        upsert = call.header("X-Upsert") == "true"
        return Visitor(call, call.scope, identity, caller.user_id, upsert)
    signature = call.header("X-Signature")
    if not signature:
        raise StorageError("InvalidSignature", "Missing x-signature header")
    token = signed_tokens.verify(
        call.context,
        signature,
        bucket=bucket_id,
        name=name,
        scope=signed_tokens.UPLOAD,
        now=call.now,
    )
    owner = token.claims.get("owner")
    owner = owner if isinstance(owner, str) else None
    # The signer's permission was asked when the token was made; what is left is whether the
    # object exists.
    scope = call.scope_of(SERVICE)
    return Visitor(
        call, scope, f"signature:{owner or ''}", owner, token.claims.get("upsert") is True
    )
