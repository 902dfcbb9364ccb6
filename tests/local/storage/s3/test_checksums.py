"""Checksums: the catalogue's check values, long blocks against bytes, and bad headers."""

from __future__ import annotations

import base64
import random

import pytest

from hipflask.local.storage.s3.checksums import (
    ALGORITHMS,
    algorithm_of,
    content_md5,
    encoded,
    expected_checksums,
)
from hipflask.local.storage.s3.crc import Crc
from hipflask.local.storage.s3.errors import S3Error

CRC32C = Crc(0x82F63B78, 32)
CRC64NVME = Crc(0x9A6C9329AC4BC9B5, 64)


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("crc32", "cbf43926"),
        ("crc32c", "e3069283"),
        ("crc64nvme", "ae8b14860a799888"),
        ("md5", "25f9e794323b453885f5181f1b624d0b"),
        ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
    ],
)
def test_check_values(algorithm: str, value: str) -> None:
    running = ALGORITHMS[algorithm]()
    running.update(b"12345")
    running.update(b"6789")
    assert running.digest().hex() == value


@pytest.mark.parametrize("crc", [CRC32C, CRC64NVME], ids=["crc32c", "crc64nvme"])
@pytest.mark.parametrize("size", [0, 1, 16_383, 16_384, 16_385, 16_640, 70_001, 300_000])
def test_long_blocks_give_what_their_bytes_give(crc: Crc, size: int) -> None:
    data = random.Random(size).randbytes(size)
    before = by_pieces = crc.update(b"before")
    for start in range(0, size, 1007):
        by_pieces = crc.update(data[start : start + 1007], by_pieces)
    assert crc.update(data, before) == by_pieces


@pytest.mark.parametrize("name", ["x-amz-checksum-type", "x-amz-checksum-algorithm", "etag"])
def test_headers_that_are_no_checksum(name: str) -> None:
    assert algorithm_of(name) is None


def test_reads_every_checksum_header() -> None:
    running = ALGORITHMS["crc32c"]()
    headers = {"x-amz-checksum-crc32c": encoded(running), "x-amz-checksum-type": "FULL_OBJECT"}
    assert expected_checksums(headers) == {"crc32c": b"\0\0\0\0"}


@pytest.mark.parametrize("value", ["", "rubbish", "AAAA", "AAAAAAAA", "====", "ü"])
def test_refuses_a_value_that_is_no_checksum(value: str) -> None:
    with pytest.raises(S3Error) as refused:
        expected_checksums({"x-amz-checksum-crc32": value})
    assert refused.value.code == "InvalidRequest"


def test_refuses_an_algorithm_it_does_not_have() -> None:
    with pytest.raises(S3Error, match="not supported"):
        expected_checksums({"x-amz-checksum-xxhash64": "AAAA"})


def test_reads_content_md5() -> None:
    assert content_md5(base64.b64encode(bytes(16)).decode()) == bytes(16)


@pytest.mark.parametrize("value", ["", "AAAA", "d41d8cd98f00b204e9800998ecf8427e"])
def test_refuses_a_content_md5_that_is_none(value: str) -> None:
    with pytest.raises(S3Error) as refused:
        content_md5(value)
    assert refused.value.code == "InvalidDigest"
