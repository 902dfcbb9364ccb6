"""POST /object/list/{bucket}: one folder, names compared without case."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.storage.client import Storage, assert_refused

NAMES = (
    *("10.txt", "9.txt", "_u.txt", "a b.txt", "a-b.txt", "a.txt", "A.txt", "a_b.txt"),
    *("b.txt", "B.txt", "f1/x.txt", "f1/g/deep.txt", "F1/y.txt", "f2/z.txt"),
)
TOP = [
    *("10.txt", "9.txt", "_u.txt", "a b.txt", "a-b.txt", "A.txt", "a.txt", "a_b.txt"),
    *("B.txt", "b.txt", "f1", "f2"),
]


@pytest.fixture
def full(storage: Storage) -> Storage:
    storage.keep(*(f"b1/{name}" for name in NAMES))
    return storage


def folded(names: list[str]) -> list[str]:
    return [name.lower() for name in names]


def test_order(full: Storage) -> None:
    seen = full.names("b1")
    assert folded(seen) == folded(TOP)
    assert set(seen) == set(TOP)


def test_descending(full: Storage) -> None:
    seen = full.names("b1", sortBy={"column": "name", "order": "desc"})
    assert folded(seen) == folded(TOP)[::-1]


def test_folder_has_a_name_alone(full: Storage) -> None:
    entry = next(
        one for one in full.post("/object/list/b1", {"prefix": ""}).json if one["name"] == "f2"
    )
    nothing = ("id", "updated_at", "created_at", "last_accessed_at", "metadata")
    assert entry == {"name": "f2"} | dict.fromkeys(nothing)


def test_object(full: Storage) -> None:
    (entry,) = full.post("/object/list/b1", {"prefix": "f2"}).json
    assert entry["name"] == "z.txt"
    assert entry["id"] == full.info("b1/f2/z.txt")["id"]
    assert entry["created_at"].endswith("Z")
    assert entry["last_accessed_at"].endswith("Z")
    assert set(entry["metadata"]) == {
        *("eTag", "size", "mimetype", "cacheControl", "lastModified", "contentLength"),
        "httpStatusCode",
    }


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("f1", {"g", "x.txt", "y.txt"}),
        ("f1/", {"g", "x.txt", "y.txt"}),
        ("F1", {"g", "x.txt", "y.txt"}),
        ("f1/g", {"deep.txt"}),
        ("f", set()),
        ("/f1", set()),
        ("none", set()),
        ("%", set()),
        ("f_", set()),
    ],
)
def test_prefix(full: Storage, prefix: str, names: set[str]) -> None:
    assert set(full.names("b1", prefix)) == names


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("B", {"b.txt", "B.txt"}),
        ("TXT", set()),
        ("a_", {"a_b.txt"}),
        ("%", set()),
        ("_", {"_u.txt"}),
        ("f", {"f1", "f2"}),
        ("", set(TOP)),
    ],
)
def test_search_is_the_beginning(full: Storage, search: str, names: set[str]) -> None:
    assert set(full.names("b1", search=search)) == names


@pytest.mark.parametrize("column", ["created_at", "updated_at", "last_accessed_at"])
def test_by_moment_folders_come_first(full: Storage, column: str) -> None:
    seen = full.names("b1", sortBy={"column": column, "order": "asc"})
    assert seen == ["F1", "f1", "f2", *NAMES[:10]]
    seen = full.names("b1", sortBy={"column": column, "order": "desc"})
    assert set(seen[:3]) == {"F1", "f1", "f2"}
    assert seen[3:] == list(NAMES[:10])[::-1]


def test_pages(full: Storage) -> None:
    pages = [full.names("b1", limit=5, offset=start) for start in range(0, 15, 5)]
    assert [len(page) for page in pages] == [5, 5, 2]
    assert folded([name for page in pages for name in page]) == folded(TOP)


def test_limit_is_a_hundred_by_default(storage: Storage) -> None:
    storage.keep(*(f"b1/{number:03}" for number in range(101)))
    assert len(storage.names("b1")) == 100
    assert len(storage.names("b1", limit="101")) == 101


def test_missing_bucket_is_empty(service: Storage) -> None:
    assert service.names("none") == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prefix": "", "limit": 0},
        {"prefix": "", "limit": "x"},
        {"prefix": "", "offset": -1},
        {"prefix": "", "sortBy": {}},
        {"prefix": "", "sortBy": {"column": "id"}},
        {"prefix": "", "sortBy": {"column": "name", "order": "up"}},
        {"prefix": "", "sortBy": {"column": "name; drop table storage.objects"}},
    ],
)
def test_bad_values(storage: Storage, body: dict[str, Any]) -> None:
    assert_refused(storage.post("/object/list/b1", body), 400, "InvalidRequest", error="Error")


@pytest.mark.parametrize("prefix", ["'", '"', "\\", "%_", "名", "..", "a//b", "x" * 5000, "\t"])
def test_any_prefix_is_survived(full: Storage, prefix: str) -> None:
    assert full.names("b1", prefix, search=prefix) == []


def test_double_slashes(storage: Storage) -> None:
    storage.keep("b1/d//x", "b1//lead.txt")
    assert storage.names("b1") == ["", "d"]
    assert storage.names("b1", "d") == [""]


@pytest.mark.parametrize("limit", [5.0, 2**31, 10**30])
def test_limit_that_javascript_takes(full: Storage, limit: float) -> None:
    assert len(full.names("b1", limit=limit)) == min(limit, len(TOP))
    assert full.names("b1", offset=limit) == full.names("b1")[min(int(limit), len(TOP)) :]


@pytest.mark.parametrize("limit", ["٣", "1_0"])
def test_limit_that_only_python_takes(full: Storage, limit: str) -> None:
    answer = full.post("/object/list/b1", {"prefix": "", "limit": limit})
    assert_refused(answer, 400, "InvalidRequest", "body/limit must be integer", error="Error")
