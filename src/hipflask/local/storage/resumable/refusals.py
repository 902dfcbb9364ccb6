"""What clients of resumable uploads are told, in the words of the reference's ``@tus/server``.

Unlike the REST API's, the statuses are true, and a client decides by them whether to try again.
"""

from __future__ import annotations

from hipflask.local.storage.errors import StorageError


class ConnectionLost(StorageError):
    """The client hung up in the middle. What has arrived is kept."""

    def __init__(self) -> None:
        text = "Something went wrong receiving the file\n"
        super().__init__("TusError", text, status=500)


def _refusal(status: int, text: str) -> StorageError:
    return StorageError("TusError", text, status=status)


def no_version() -> StorageError:
    """Return the refusal of a request that does not say which TUS it speaks."""
    return _refusal(412, "Tus-Resumable Required\n")


def invalid_headers(names: list[str]) -> StorageError:
    """Return the refusal of headers whose values are none."""
    return _refusal(400, f"Invalid {' '.join(names)}\n")


def no_metadata() -> StorageError:
    """Return the refusal of an upload that does not say where it goes."""
    return StorageError("InvalidRequest", "Metadata header is required")


def no_length() -> StorageError:
    """Return the refusal of an upload that says its length not once."""
    return _refusal(400, "Upload-Length or Upload-Defer-Length header required\n")


def no_offset() -> StorageError:
    """Return the refusal of bytes that do not say where they belong."""
    return _refusal(403, "Upload-Offset header required\n")


def no_content_type() -> StorageError:
    """Return the refusal of bytes without a Content-Type."""
    return _refusal(403, "Content-Type header required\n")


def no_concatenation() -> StorageError:
    """Return the refusal of an upload in parallel parts."""
    return _refusal(
        501,
        "Concatenation extension is not (yet) supported. Disable parallel uploads in the tus"
        " client.\n",
    )


def above_limit() -> StorageError:
    """Return the refusal of an upload that the bucket's limit forbids."""
    return _refusal(413, "Maximum size exceeded\n")


def above_length() -> StorageError:
    """Return the refusal of more bytes than were announced."""
    return _refusal(413, "upload's size exceeded\n")


def invalid_id(text: str = "Invalid upload id") -> StorageError:
    """Return the refusal of an address that is no upload's."""
    return StorageError("InvalidUploadId", text)


def no_such_upload() -> StorageError:
    """Return the answer to an upload that does not exist or is somebody else's."""
    return _refusal(404, "The file for this url was not found\n")


def expired() -> StorageError:
    """Return the answer to an upload that came too late."""
    return _refusal(410, "The file for this url no longer exists\n")


def wrong_offset() -> StorageError:
    """Return the refusal of bytes that do not follow on the ones that are there."""
    return _refusal(409, "Upload-Offset conflict\n")


def taken_over() -> StorageError:
    """Return the end of a request whose upload another request goes on with."""
    return _refusal(400, "Request aborted due to lock acquired")


def already_whole() -> StorageError:
    """Return the refusal to throw away what is an object already."""
    return _refusal(400, "Cannot terminate an already completed upload")


def no_such_method() -> StorageError:
    """Return the answer to a method that the protocol does not have."""
    return _refusal(404, "Not found\n")
