"""POST /object/list-v2/{bucket}: by cursor, names compared byte by byte."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.storage.client import Storage, assert_refused
from tests.local.storage.test_list import NAMES

IN_ORDER = sorted(NAMES)


@pytest.fixture
def full(storage: Storage) -> Storage:
    storage.keep(*(f"b1/{name}" for name in NAMES))
    return storage


def page(storage: Storage, **body: Any) -> Any:
    answer = storage.post("/object/list-v2/b1", body)
    assert answer.status == 200, answer
    return answer.json


def every(storage: Storage, **body: Any) -> tuple[list[str], list[str]]:
    """Follow the cursors and return the names of folders and of objects."""
    folders: list[str] = []
    objects: list[str] = []
    for _ in range(50):
        seen = page(storage, **body)
        folders += [one["name"] for one in seen["folders"]]
        objects += [one["name"] for one in seen["objects"]]
        if not seen["hasNext"]:
            assert "nextCursor" not in seen
            return folders, objects
        body["cursor"] = seen["nextCursor"]
    raise AssertionError("the pages do not end")


def test_everything_in_one_page(full: Storage) -> None:
    seen = page(full)
    assert (seen["hasNext"], seen["folders"]) == (False, [])
    assert [one["name"] for one in seen["objects"]] == IN_ORDER
    assert set(seen["objects"][0]) == {
        *("id", "name", "metadata", "updated_at", "created_at", "last_accessed_at")
    }


def test_folders(full: Storage) -> None:
    seen = page(full, with_delimiter=True)
    assert seen["folders"] == [
        {"key": "F1", "name": "F1/"},
        {"key": "f1", "name": "f1/"},
        {"key": "f2", "name": "f2/"},
    ]
    assert [one["key"] for one in seen["objects"]] == sorted(NAMES[:10])
    deep = page(full, with_delimiter=True, prefix="f1/")
    assert deep["folders"] == [{"key": "g", "name": "f1/g/"}]
    assert [(one["key"], one["name"]) for one in deep["objects"]] == [("x.txt", "f1/x.txt")]


def test_prefix_may_end_anywhere(full: Storage) -> None:
    assert every(full, prefix="f") == ([], ["f1/g/deep.txt", "f1/x.txt", "f2/z.txt"])
    assert every(full, prefix="f", with_delimiter=True) == (["f1/", "f2/"], [])
    assert every(full, prefix="%") == ([], [])


@pytest.mark.parametrize("limit", [1, 2, 3, 13, 14, 15, 5000])
def test_pages(full: Storage, limit: int) -> None:
    assert every(full, limit=limit) == ([], IN_ORDER)
    folders, objects = every(full, limit=limit, with_delimiter=True)
    assert folders == ["F1/", "f1/", "f2/"]
    assert objects == sorted(NAMES[:10])


@pytest.mark.parametrize("limit", [1, 4, 100])
@pytest.mark.parametrize("by_folder", [False, True])
def test_backwards(full: Storage, limit: int, by_folder: bool) -> None:
    sort = {"column": "name", "order": "desc"}
    folders, objects = every(full, limit=limit, with_delimiter=by_folder, sortBy=sort)
    if by_folder:
        assert folders == ["f2/", "f1/", "F1/"]
        assert objects == sorted(NAMES[:10])[::-1]
    else:
        assert objects == IN_ORDER[::-1]


@pytest.mark.parametrize("column", ["created_at", "updated_at"])
@pytest.mark.parametrize("limit", [1, 4, 100])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_by_moment(full: Storage, column: str, limit: int, order: str) -> None:
    sort = {"column": column, "order": order}
    _, objects = every(full, limit=limit, sortBy=sort)
    assert objects == list(NAMES)[:: 1 if order == "asc" else -1]


@pytest.mark.parametrize("column", ["created_at", "updated_at"])
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_by_moment_with_folders(full: Storage, column: str, limit: int) -> None:
    sort = {"column": column, "order": "asc"}
    folders, objects = every(full, limit=limit, with_delimiter=True, sortBy=sort)
    assert (set(folders), len(folders)) == ({"f1/", "F1/", "f2/"}, 3)
    assert objects == list(NAMES[:10])


def test_cursor(full: Storage) -> None:
    seen = page(full, limit=2)
    assert seen["nextCursorKey"] == "9.txt"
    import base64

    assert base64.b64decode(seen["nextCursor"]).decode() == "l:9.txt"


@pytest.mark.parametrize("cursor", ["rubbish", "!", "bm9uZQ==", "bDo=x", "/w=="])
def test_bad_cursor(full: Storage, cursor: str) -> None:
    answer = full.post("/object/list-v2/b1", {"cursor": cursor})
    text = "Invalid Parameter continuation token"
    assert_refused(answer, 400, "InvalidParameter", text)


@pytest.mark.parametrize("text", ["l:a\no:x", "l:a\nc:owner", "l:a\nc:created_at\na:x", "a:'"])
def test_forged_cursor_is_survived(full: Storage, text: str) -> None:
    import base64

    cursor = base64.b64encode(text.encode()).decode()
    answer = full.post("/object/list-v2/b1", {"cursor": cursor})
    assert answer.status in (200, 400), answer
    if answer.status == 400:
        assert answer.json["statusCode"] == "400"


@pytest.mark.parametrize(
    "body",
    [{"limit": 0}, {"limit": "x"}, {"sortBy": {"column": "id"}}, {"with_delimiter": "perhaps"}],
)
def test_bad_values(storage: Storage, body: dict[str, Any]) -> None:
    assert_refused(storage.post("/object/list-v2/b1", body), 400, "InvalidRequest", error="Error")


def test_missing_bucket(service: Storage) -> None:
    assert page(service) == {"hasNext": False, "folders": [], "objects": []}
