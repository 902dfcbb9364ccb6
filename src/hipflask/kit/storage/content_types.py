"""What the bytes of a file are, and under which type they are stored.

Signatures: the WHATWG's MIME Sniffing Standard (sections 5 to 7), ISO/IEC 14496-12 (``ftyp``).
Files come from strangers and are served from an origin of yours, so ``stored_type`` sees to it that
nothing is stored as what a browser would run:

1. Markup (HTML, SVG, XML) and scripts, by the bytes or by the declared type, are stored as
   ``application/octet-stream``: a browser saves that and shows nothing.
2. A declared type that the bytes can prove is believed only when they do. Pictures, sound and
   films that are of another such type are stored as what they are; anything else is refused.
3. Text that is not text is stored as what it is, or as ``application/octet-stream``.
4. Without a declared type the bytes decide, with the name's extension for text and for documents
   in a common container (Office is ZIP).
5. Any other declared type is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hipflask.errors import TypeRefused

OCTETS: Final = "application/octet-stream"
HEAD: Final = 2048
"""How many bytes are looked at."""

_SIGNATURES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x01\x00", "image/x-icon"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),  # an empty archive
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"OggS\x00", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    *((b"ID3" + version, "audio/mpeg") for version in (b"\x02", b"\x03", b"\x04")),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS: Final = (
    (("avif", "avis"), "image/avif"),
    (("heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"), "image/heic"),
    (("qt  ",), "video/quicktime"),
    (("M4A ", "M4B "), "audio/mp4"),
)
_LIKELY_MP3: Final = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa")

_ALIASES: Final[Mapping[str, str]] = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/vnd.microsoft.icon": "image/x-icon",
    "image/x-bmp": "image/bmp",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-flac": "audio/flac",
    "audio/x-m4a": "audio/mp4",
    "video/x-m4v": "video/mp4",
    "video/avi": "video/x-msvideo",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/x-rar-compressed": "application/vnd.rar",
}
_SAME_BYTES: Final[Mapping[str, frozenset[str]]] = {
    "video/mp4": frozenset({"video/mp4", "audio/mp4", "video/quicktime", "video/3gpp"}),
    "video/webm": frozenset({"video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska"}),
    "audio/ogg": frozenset({"audio/ogg", "video/ogg", "application/ogg", "audio/opus"}),
    "image/heic": frozenset({"image/heic", "image/heif"}),
}
_PROVABLE: Final = (
    frozenset(kind for _, kind in _SIGNATURES)
    | frozenset(_RIFF.values())
    | frozenset(kind for _, kind in _BRANDS)
    | frozenset({"image/bmp"}).union(*_SAME_BYTES.values())
)
_MEDIA: Final = ("image/", "audio/", "video/")

_ACTIVE: Final = frozenset(
    {
        *("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"),
        *("text/xsl", "text/javascript", "application/javascript", "application/x-javascript"),
        *("application/ecmascript", "text/ecmascript", "text/vbscript", "application/hta"),
        *("text/cache-manifest", "text/x-component", "application/x-shockwave-flash"),
    }
)
"""Types that a browser runs, or shows as a page, when it is led there."""

_ZIP: Final = "application/vnd.openxmlformats-officedocument."
_ODF: Final = "application/vnd.oasis.opendocument."
_BY_EXTENSION: Final[Mapping[str, Mapping[str, str]]] = {
    "application/zip": {
        "docx": _ZIP + "wordprocessingml.document",
        "xlsx": _ZIP + "spreadsheetml.sheet",
        "pptx": _ZIP + "presentationml.presentation",
        "odt": _ODF + "text",
        "ods": _ODF + "spreadsheet",
        "odp": _ODF + "presentation",
        "epub": "application/epub+zip",
    },
    "application/x-ole-storage": {
        "doc": "application/msword",
        "xls": "application/vnd.ms-excel",
        "ppt": "application/vnd.ms-powerpoint",
    },
    "": {
        "txt": "text/plain",
        "md": "text/markdown",
        "csv": "text/csv",
        "ics": "text/calendar",
        "json": "application/json",
    },
}

_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+", re.IGNORECASE)
_PARAMETERS: Final = re.compile(r"[\x20-\x7e]{0,200}")
_NOT_TEXT: Final = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MARKUP: Final = re.compile(r"\s*<[a-z!?/]", re.IGNORECASE)
_UTF_16: Final = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def sniff(head: bytes) -> str:
    """Return the type that the first bytes of a file show; empty when they show none."""
    markup = _markup(head)
    if markup:
        return markup
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head.startswith(b"BM") and head[6:10] == b"\x00\x00\x00\x00":
        return "image/bmp"
    return "audio/mpeg" if head.startswith(_LIKELY_MP3) else ""


def stored_type(declared: str | None, head: bytes, name: str = "") -> str:
    """Return the type to store a file under; the rules stand at the top of this module.

    Raises TypeRefused when the bytes are not of the declared type, and when that is no type.
    """
    kind, parameters = _split(declared or "")
    found = sniff(head)
    if found in _ACTIVE and kind in _PROVABLE:
        raise _not_so(kind, found)
    if found in _ACTIVE or _is_active(kind):
        return OCTETS
    if not kind or kind == OCTETS:
        return _without_word(found, head, name)
    if kind in _PROVABLE:
        if found == kind or kind in _SAME_BYTES.get(found, ()):
            return kind
        if found.startswith(_MEDIA) and kind.startswith(_MEDIA):
            return found
        raise _not_so(kind, found)
    if kind.startswith("text/") and (found or not _is_text(head)):
        return found or OCTETS
    return kind + parameters


def _split(declared: str) -> tuple[str, str]:
    """Return a declared type in lower case, aliases resolved, and its parameters."""
    kind, semicolon, parameters = declared.strip().partition(";")
    kind = kind.strip().lower()
    if kind and not (_TYPE.fullmatch(kind) and _PARAMETERS.fullmatch(parameters)):
        raise TypeRefused(
            f"{declared[:80]!a} is no type of content.",
            declared=declared,
            hint="Send one such as image/png, or none.",
        )
    return _ALIASES.get(kind, kind), semicolon + parameters if kind else ""


def _is_active(kind: str) -> bool:
    # An archive of a web page (MHTML) is a message of many parts.
    return kind in _ACTIVE or kind.endswith("+xml") or kind.startswith(("message/", "multipart/"))


def _without_word(found: str, head: bytes, name: str) -> str:
    """Return the type of a file that came without one."""
    extension = name.rpartition("/")[2].rpartition(".")[2].lower()
    guess = _BY_EXTENSION.get(found, {}).get(extension, "")
    if found:
        return guess or found
    # No charset is added: a bucket that takes text/plain refuses "text/plain; charset=utf-8".
    return guess if guess and _is_text(head) else OCTETS


def _is_text(head: bytes) -> bool:
    """Whether no byte is one that text does not have (MIME Sniffing, section 7.2)."""
    return any(head.startswith(mark) for mark, _ in _UTF_16) or not _NOT_TEXT.search(head)


def _markup(head: bytes) -> str:
    """Return which markup a file begins as; any text that begins with a tag counts."""
    encoding = next((name for mark, name in _UTF_16 if head.startswith(mark)), "latin-1")
    text = head.decode(encoding, errors="ignore").removeprefix("\ufeff").removeprefix("ï»¿")
    if not _MARKUP.match(text):
        return ""
    text = text.lower()
    if "<svg" in text:
        return "image/svg+xml"
    return "application/xml" if text.lstrip().startswith("<?xml") else "text/html"


def _of_brands(head: bytes) -> str:
    size = min(int.from_bytes(head[:4], "big"), 256)
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, size, 4))]
    for names, kind in _BRANDS:
        if any(brand.decode("latin-1") in names for brand in brands):
            return kind
    return "video/mp4"


def _not_so(declared: str, found: str) -> TypeRefused:
    seems = f"they look like {found}" if found else "they do not look like it"
    return TypeRefused(
        f"The file is declared as {declared}, but its bytes are not: {seems}.",
        declared=declared,
        found=found,
        hint="Send the file with its real type, or with none.",
    )
