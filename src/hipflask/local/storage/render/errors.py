"""Why a picture was not rendered, in Storage's words.

Storage translates imgproxy's messages before anybody sees them (``getImageProcessingError`` in
``src/storage/renderer/image.ts``); these are the translations.
"""

from __future__ import annotations

from typing import Final

from hipflask.errors import StackError

INVALID_SOURCE: Final = "The source image is invalid or unsupported for rendering"
FILE_TOO_LARGE: Final = "The source image file is too large to process"
RESOLUTION_TOO_LARGE: Final = "The source image resolution is too large to process"
INVALID_TRANSFORMATION: Final = "Invalid image request"
TIMED_OUT: Final = "Image request timed out"
FOCAL_POINT: Final = "Focal point requires x and y coordinates within 0-1 range"


class RenderError(StackError):
    """A refusal that travels as Storage's error body: ``status`` is the body's ``statusCode``."""

    def __init__(self, message: str, *, code: str = "InvalidRequest", status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class TransformationInvalid(RenderError):
    """The schema refuses a parameter. Storage's body then says ``"error": "Error"``."""


def invalid_source() -> RenderError:
    """Return the refusal of what is no picture, a broken one, or one of a kind we do not read."""
    return RenderError(INVALID_SOURCE)


def file_too_large() -> RenderError:
    """Return the refusal of a file with too many bytes."""
    return RenderError(FILE_TOO_LARGE)


def resolution_too_large() -> RenderError:
    """Return the refusal of a picture with too many pixels."""
    return RenderError(RESOLUTION_TOO_LARGE)


def timed_out() -> RenderError:
    """Return the refusal when other pictures kept every worker busy."""
    return RenderError(TIMED_OUT, code="InternalError", status=503)
