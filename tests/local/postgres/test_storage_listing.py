"""The functions that list objects answer as Storage's do, and lose nothing between pages."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.local.postgres.storage_data import AWKWARD, listed, put

Admin = psycopg.Connection[Any]


def test_search_ignores_case_and_merges_folders(admin: Admin) -> None:
    put(admin, AWKWARD)
    assert listed(admin, "search('', 'b')") == [
        *("10.txt", "9.txt", "_u.txt", "a b.txt", "a-b.txt", "a.txt", "A.txt", "a_b.txt"),
        *("b.txt", "B.txt", "f1/", "f2/"),
    ]
    assert listed(admin, "search('F1/', 'b')") == ["g/", "one.txt", "two.txt"]


def test_search_lists_downwards(admin: Admin) -> None:
    put(admin, ["a.txt", "only/x", "b.txt"])
    assert listed(admin, "search('', 'b', sortorder => 'desc')") == ["only/", "b.txt", "a.txt"]
    assert listed(admin, "search_v2('', 'b', sort_order => 'desc')") == ["only/", "b.txt", "a.txt"]


def test_search_finds_by_the_beginning(admin: Admin) -> None:
    put(admin, AWKWARD)
    assert listed(admin, "search('', 'b', search => 'B')") == ["b.txt", "B.txt"]
    assert listed(admin, "search('', 'b', search => 'TXT')") == []
    assert listed(admin, "search('', 'b', search => 'f1/O')") == ["f1/one.txt"]


@pytest.mark.parametrize("column", ["name", "created_at"])
def test_wildcards_mean_themselves(admin: Admin, column: str) -> None:
    put(admin, AWKWARD)
    search = "search('', 'b', search => %s, sortcolumn => %s)"
    assert listed(admin, search, "a_", column) == ["a_b.txt"]
    assert listed(admin, search, "%", column) == []


def test_search_by_time_has_folders_first_and_keeps_their_case(admin: Admin) -> None:
    put(admin, ["b.txt", "f1/x", "F1/y", "A.txt"])
    by_age = "search('', 'b', sortcolumn => 'created_at', sortorder => %s)"
    assert listed(admin, by_age, "asc") == ["F1/", "f1/", "b.txt", "A.txt"]
    assert listed(admin, by_age, "desc") == ["f1/", "F1/", "A.txt", "b.txt"]


def test_search_by_time_takes_an_escaped_prefix(admin: Admin) -> None:
    put(admin, ["a_b/x", "acb/y"])
    call = r"search('a\_b/', 'b', sortcolumn => 'updated_at')"
    assert listed(admin, call) == ["x"]


def test_a_folder_in_search_has_nothing_but_a_name(admin: Admin) -> None:
    put(admin, ["f/x"])
    rows = admin.execute("select * from storage.search('', 'b')").fetchall()
    assert rows == [("f", None, None, None, None, None)]


def test_offsets_join_into_the_whole(admin: Admin) -> None:
    put(admin, AWKWARD)
    pages = [listed(admin, "search('', 'b', 1, 1, %s)", offset) for offset in range(13)]
    assert [name for page in pages for name in page] == listed(admin, "search('', 'b')")


@pytest.mark.parametrize(
    ("limit", "count"), [(0, 0), (-1, 0), (2, 2), (None, 100), (5000, 1500)], ids=str
)
def test_search_gives_1500_at_most(admin: Admin, limit: int | None, count: int) -> None:
    put(admin, [f"{number:04d}" for number in range(1600)])
    assert len(listed(admin, "search('', 'b', %s)", limit)) == count
    assert len(listed(admin, "search_v2('', 'b', %s)", limit)) == count


def test_an_unknown_bucket_is_empty(admin: Admin) -> None:
    put(admin, AWKWARD)
    assert listed(admin, "search('', 'none')") == listed(admin, "search_v2('', 'none')") == []


def test_search_v2_sorts_bytes(admin: Admin) -> None:
    put(admin, AWKWARD)
    assert listed(admin, "search_v2('', 'b')") == [
        *("10.txt", "9.txt", "A.txt", "B.txt", "F1/", "_u.txt", "a b.txt", "a-b.txt", "a.txt"),
        *("a_b.txt", "b.txt", "f1/", "f2/"),
    ]
    assert listed(admin, "search_v2('f', 'b')") == ["f1/", "f2/"]


def test_search_v2_has_the_part_at_the_level_as_key(admin: Admin) -> None:
    put(admin, AWKWARD)
    found = admin.execute("select key, name from storage.search_v2('f1/', 'b', levels => 2)")
    assert found.fetchall() == [("g", "f1/g"), ("one.txt", "f1/one.txt")]


def test_a_folder_is_as_old_as_its_oldest_object(admin: Admin) -> None:
    put(admin, ["f/old", "middle", "f/new"])
    call = "search_v2('', 'b', sort_column => 'created_at', sort_order => %s)"
    assert listed(admin, call, "asc") == ["f/", "middle"]
    assert listed(admin, call, "desc") == ["middle", "f/"]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("column", ["name", "created_at", "updated_at"])
def test_pages_of_search_v2_join_into_the_whole(admin: Admin, order: str, column: str) -> None:
    # "a" is an object and a folder, and "a-b" sorts between the two.
    put(admin, [*AWKWARD, "a", "a/x", "a/y", "f_", "d//x", "d/", "/lead", "g"])
    call = "search_v2('', 'b', %s, 1, %s, %s, %s, %s)"
    whole = listed(admin, call, 1000, "", order, column, "")
    pages: list[str] = []
    after = time = ""
    while page := listed(admin, call, 1, after, order, column, time):
        pages += page
        after = page[0]
        if column != "name":
            row = admin.execute(
                f"select {column} from storage.search_v2('', 'b', 1000, 1, '', %s, %s)"
                " where name || case when id is null then '/' else '' end = %s".encode(),
                [order, column, after],
            ).fetchone()
            assert row is not None
            time = row[0].isoformat(timespec="milliseconds")
    assert pages == whole
    assert len(whole) == len(set(whole)) == 19


def test_a_token_without_its_slash_may_be_a_folder(admin: Admin) -> None:
    put(admin, ["f/x", "f/y", "g"])
    assert listed(admin, "search_v2('', 'b', 9, 1, 'f')") == ["g"]


def test_start_after_is_a_key(admin: Admin) -> None:
    put(admin, ["f/x", "f/y", "g"])
    call = "list_objects_with_delimiter('b', '', '/', 9, %s)"
    assert listed(admin, call, "f") == ["f/", "g"]
    assert listed(admin, call, "f/x") == ["f/", "g"]
    assert listed(admin, call, "f/") == ["g"]


@pytest.mark.parametrize(
    ("delimiter", "expected"),
    [("/", ["d"]), ("--", ["d/a"]), ("", ["d/a--b", "d/a--c"]), (None, ["d/a--b", "d/a--c"])],
)
def test_delimiters_of_any_length(admin: Admin, delimiter: str | None, expected: list[str]) -> None:
    put(admin, ["d/a--b", "d/a--c"])
    rows = admin.execute(
        "select name from storage.list_objects_with_delimiter('b', '', %s)", [delimiter]
    )
    assert [name for (name,) in rows] == expected


def test_a_doubled_slash_is_a_folder_without_a_name(admin: Admin) -> None:
    put(admin, ["d//x", "d/y"])
    assert listed(admin, "search_v2('d/', 'b')") == ["d//", "d/y"]
    assert listed(admin, "search_v2('d//', 'b')") == ["d//x"]


def test_policies_decide_what_is_listed(admin: Admin) -> None:
    put(admin, ["mine/a", "mine/sub/b", "theirs/c"])
    admin.execute(
        "create policy own on storage.objects for select to authenticated"
        " using ((storage.foldername(name))[1] = 'mine')"
    )
    admin.execute("set role authenticated")
    assert listed(admin, "search('', 'b')") == listed(admin, "search_v2('', 'b')") == ["mine/"]
    assert listed(admin, "search('mine/', 'b')") == ["a", "sub/"]
    admin.execute("set role anon")
    assert listed(admin, "search('', 'b')") == []


def test_an_index_is_searched_below_the_policies(admin: Admin) -> None:
    admin.execute("create policy f on storage.objects using (storage.filename(name) = 'x')")
    admin.execute("set role authenticated")
    admin.execute("set enable_seqscan = off")
    plan = admin.execute(
        "explain select from storage.objects"
        """ where bucket_id = 'b' and storage.folded(name) collate "C" >= 'f'"""
    ).fetchall()
    condition = next(line for (line,) in plan if "Index Cond" in line)
    assert "folded" in condition
