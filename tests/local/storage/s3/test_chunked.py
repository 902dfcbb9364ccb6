"""aws-chunked bodies: AWS's published examples, cut anywhere, and broken in every way."""

from __future__ import annotations

import base64
import io
import tracemalloc
import zlib
from collections.abc import Sequence

import pytest

from hipflask.local.storage.s3.checksums import ALGORITHMS, encoded
from hipflask.local.storage.s3.chunked import ChunkedBody
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.signing import Signer

SIGNER = Signer("20130524T000000Z", "us-east-1", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
PAYLOAD = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"

#: "Example: PUT Object" of both pages: 65 kB of "a", in chunks of 64 kB and 1 kB.
CONTENT = b"a" * (65 << 10)
CHUNKS = [CONTENT[: 64 << 10], CONTENT[64 << 10 :], b""]
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SIGNATURES = [
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
]
TRAILER_SEED = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
TRAILER_SIGNATURES = [
    "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
    "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
    "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
]
TRAILER_TEXT = (
    b"x-amz-checksum-crc32c:sOO8/Q==\r\n"
    b"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n"
)


class Dripping(io.BytesIO):
    """Gives at most ``most`` bytes at once, as a socket may."""

    def __init__(self, raw: bytes, most: int) -> None:
        super().__init__(raw)
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._most if size is None or size < 0 else min(size, self._most))


def framed(chunks: Sequence[bytes], signatures: Sequence[str]) -> bytes:
    """Return the chunks on the wire, up to the last header line."""
    wire = b""
    for data, signature in zip(chunks, signatures, strict=True):
        wire += f"{len(data):x};chunk-signature={signature}\r\n".encode()
        wire += data + b"\r\n" if data else b""
    return wire


def unsigned(*chunks: bytes, trailers: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in chunks) + b"0\r\n" + trailers + b"\r\n"


def body(
    wire: bytes | io.BytesIO,
    mode: str = PAYLOAD,
    *,
    length: int = len(CONTENT),
    seed: str = SEED,
    trailers: Sequence[str] = (),
) -> ChunkedBody:
    source = wire if isinstance(wire, io.BytesIO) else io.BytesIO(wire)
    return ChunkedBody(
        source, mode=mode, length=length, signer=SIGNER, seed=seed, trailers=trailers
    )


def refusal(chunked: ChunkedBody) -> str:
    with pytest.raises(S3Error) as refused:
        chunked.read()
    return refused.value.code


PLAIN_WIRE = framed(CHUNKS, SIGNATURES) + b"\r\n"
TRAILER_WIRE = framed(CHUNKS, TRAILER_SIGNATURES) + TRAILER_TEXT + b"\r\n"


def crc32(data: bytes) -> bytes:
    return b"x-amz-checksum-crc32:" + base64.b64encode(zlib.crc32(data).to_bytes(4, "big"))


def test_decodes_the_example() -> None:
    assert body(PLAIN_WIRE).read() == CONTENT


def test_decodes_the_example_with_trailers() -> None:
    chunked = body(TRAILER_WIRE, TRAILER, seed=TRAILER_SEED, trailers=["x-amz-checksum-crc32c"])
    assert chunked.read() == CONTENT
    assert chunked.checksums == {"crc32c": "sOO8/Q=="}


@pytest.mark.parametrize("most", [1, 7, 255, 256, 257, 4096, 70_000])
@pytest.mark.parametrize("size", [1, 1000, 1 << 16])
def test_any_cut_gives_the_same(most: int, size: int) -> None:
    chunked = body(Dripping(PLAIN_WIRE, most))
    assert b"".join(iter(lambda: chunked.read(size), b"")) == CONTENT
    assert chunked.read(size) == b""


def test_decodes_unsigned_chunks_with_a_trailer() -> None:
    wire = unsigned(b"hello ", b"world\r\n0\r\n", trailers=crc32(b"hello world\r\n0\r\n") + b"\r\n")
    chunked = body(wire, UNSIGNED, length=16, trailers=["x-amz-checksum-crc32"])
    assert chunked.read() == b"hello world\r\n0\r\n"


def test_decodes_nothing() -> None:
    wire = unsigned(trailers=crc32(b"") + b"\r\n")
    assert body(wire, UNSIGNED, length=0, trailers=["x-amz-checksum-crc32"]).read() == b""


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_checks_every_checksum(algorithm: str) -> None:
    running = ALGORITHMS[algorithm]()
    running.update(b"abc")
    name = f"x-amz-checksum-{algorithm}"
    wire = unsigned(b"abc", trailers=f"{name}: {encoded(running)}\r\n".encode())
    assert body(wire, UNSIGNED, length=3, trailers=[name]).read() == b"abc"
    changed = body(wire.replace(b"abc", b"abd"), UNSIGNED, length=3, trailers=[name])
    assert refusal(changed) == "BadDigest"


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\n\r\n"])
def test_bears_other_ends_of_the_trailers(end: bytes) -> None:
    wire = b"3\r\nabc\r\n0\r\n" + crc32(b"abc") + end
    assert body(wire, UNSIGNED, length=3, trailers=["x-amz-checksum-crc32"]).read() == b"abc"


@pytest.mark.parametrize("place", range(3))
def test_refuses_a_forged_chunk_signature(place: int) -> None:
    forged = list(SIGNATURES)
    forged[place] = "0" * 64
    assert refusal(body(framed(CHUNKS, forged) + b"\r\n")) == "SignatureDoesNotMatch"


def test_refuses_changed_data() -> None:
    assert refusal(body(PLAIN_WIRE.replace(b"a\r\n0;", b"b\r\n0;"))) == "SignatureDoesNotMatch"


def test_refuses_chunks_in_another_order() -> None:
    wire = framed([CHUNKS[1], CHUNKS[0], b""], [SIGNATURES[1], SIGNATURES[0], SIGNATURES[2]])
    assert refusal(body(wire + b"\r\n")) == "SignatureDoesNotMatch"


def test_refuses_a_forged_trailer() -> None:
    wire = TRAILER_WIRE.replace(b"sOO8", b"sOO9")
    chunked = body(wire, TRAILER, seed=TRAILER_SEED, trailers=["x-amz-checksum-crc32c"])
    assert refusal(chunked) == "SignatureDoesNotMatch"


def test_refuses_a_missing_trailer_signature() -> None:
    wire = framed(CHUNKS, TRAILER_SIGNATURES) + TRAILER_TEXT.split(b"\r\n")[0] + b"\r\n\r\n"
    chunked = body(wire, TRAILER, seed=TRAILER_SEED, trailers=["x-amz-checksum-crc32c"])
    assert refusal(chunked) == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("trailers", "declared", "code"),
    [
        (crc32(b"abd"), ["x-amz-checksum-crc32"], "BadDigest"),
        (b"x-amz-checksum-crc32:rubbish", ["x-amz-checksum-crc32"], "InvalidRequest"),
        (b"", ["x-amz-checksum-crc32"], "MalformedTrailerError"),
        (crc32(b"abc"), [], "MalformedTrailerError"),
        (b"no colon", [], "MalformedTrailerError"),
        (
            crc32(b"abc") + b"\r\n" + crc32(b"abc"),
            ["x-amz-checksum-crc32"],
            "MalformedTrailerError",
        ),
        (b"x:" + b"y" * 20_000, [], "MalformedTrailerError"),
    ],
)
def test_refuses_bad_trailers(trailers: bytes, declared: list[str], code: str) -> None:
    wire = unsigned(b"abc", trailers=trailers + b"\r\n")
    assert refusal(body(wire, UNSIGNED, length=3, trailers=declared)) == code


def test_refuses_an_unknown_checksum() -> None:
    with pytest.raises(S3Error, match="xxhash3 is not supported"):
        body(b"", UNSIGNED, length=0, trailers=["x-amz-checksum-xxhash3"])


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (b"", "IncompleteBody"),
        (b"3\r\nab", "IncompleteBody"),
        (b"3\r\nabc", "IncompleteBody"),
        (b"3\r\nabc\r\n", "IncompleteBody"),
        (b"2\r\nab\r\n0\r\n\r\n", "IncompleteBody"),
        (b"4\r\nabcd\r\n0\r\n\r\n", "IncompleteBody"),
        (b"3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n", "IncompleteBody"),
        (b"3\r\nabcd\r\n0\r\n\r\n", "InvalidRequest"),
        (b"zz\r\nabc\r\n0\r\n\r\n", "InvalidRequest"),
        (b"-3\r\nabc\r\n0\r\n\r\n", "InvalidRequest"),
        (b"3;chunk-signature=12\r\nabc\r\n0\r\n\r\n", "InvalidRequest"),
        (b"0" * 300, "InvalidRequest"),
        (b"0" * 300 + b"3\r\nabc", "InvalidRequest"),
        (b"ffffffffffffffff\r\nabc", "IncompleteBody"),
        (b"\r\n", "InvalidRequest"),
        (b"3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "MalformedTrailerError"),
    ],
)
def test_refuses_broken_frames(wire: bytes, code: str) -> None:
    assert refusal(body(wire, UNSIGNED, length=3)) == code


def test_refuses_unsigned_chunks_where_signed_ones_are_due() -> None:
    assert refusal(body(b"3\r\nabc\r\n0\r\n\r\n", length=3)) == "InvalidRequest"


def test_refuses_trailers_where_none_are_due() -> None:
    assert refusal(body(framed(CHUNKS, SIGNATURES) + b"a: b\r\n\r\n")) == "MalformedTrailerError"


class Endless(io.BytesIO):
    """One chunk of ``size`` bytes that are not kept anywhere."""

    def __init__(self, size: int) -> None:
        super().__init__(b"%x\r\n" % size)
        self._left = size

    def read(self, size: int | None = -1, /) -> bytes:
        head = super().read(size)
        if head or not self._left:
            return head
        part = min(size or 0, self._left)
        self._left -= part
        if not self._left:
            self.write(b"\r\n0\r\n\r\n")
            self.seek(-7, io.SEEK_CUR)
        return bytes(part)


def test_memory_stays_constant() -> None:
    size = 256 << 20
    chunked = body(Endless(size), UNSIGNED, length=size)
    tracemalloc.start()
    try:
        total = sum(len(data) for data in iter(lambda: chunked.read(1 << 20), b""))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert total == size
    assert peak < 8 << 20
