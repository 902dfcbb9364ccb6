"""Names that Storage takes, and any person's file name as one of them."""

from __future__ import annotations

import pytest

from hipflask.errors import NameRefused
from hipflask.kit.storage.names import (
    MOST,
    check_bucket,
    check_name,
    display_name,
    object_name,
    search_text,
)

TAKEN = ["a", "a/b.txt", "!*'() &$=@;:+,?-._", "UPPER", "...a", "a..", "x" * MOST]
REFUSED = [
    "",
    ".",
    "..",
    "a/../b",
    "./a",
    "a/.",
    "h#h",
    "a%20b",
    "a[b",
    "a~b",
    "a\\b",
    "a\tb",
    "a\n",
    "ü",
    "报告.pdf",
    "😀",
    "a\x00",
    "x" * (MOST + 1),
    "x" * 1024,
]


@pytest.mark.parametrize("name", TAKEN)
def test_a_name_that_storage_takes(name: str) -> None:
    assert check_name(name, new=True) == name


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_is_refused_before_it_is_sent(name: str) -> None:
    with pytest.raises(NameRefused) as caught:
        check_name(name)
    assert caught.value.name == name
    assert "object_name()" in caught.value.hint
    assert caught.value.message.isascii()
    assert len(caught.value.message) < 1000


@pytest.mark.parametrize("name", ["a//b", "/a", "a/"])
def test_an_empty_part_is_refused_in_new_names_only(name: str) -> None:
    assert check_name(name) == name
    with pytest.raises(NameRefused, match="two slashes"):
        check_name(name, new=True)


@pytest.mark.parametrize("name", ["files", "UPPER case", ".", "-x", "x" * 100])
def test_a_bucket_that_storage_can_have(name: str) -> None:
    assert check_bucket(name) == name


@pytest.mark.parametrize("name", ["", " x", "a/b", "ü", "a%b", "x" * 101])
def test_a_bucket_that_cannot_be(name: str) -> None:
    with pytest.raises(NameRefused):
        check_bucket(name)


SHOWN = [
    "report.pdf",
    "My report (2) final!.pdf",
    "报告 v2.pdf",
    "a=b.txt",
    "=e68aa5=.txt",
    "100% ~ #1 [x].txt",
    "😀 family 👩‍👩‍👧.png",
    "Ärger—naïve.txt",
    "می‌خواهم.txt",
    ".bashrc",
    "no extension",
    "a..b",
]


@pytest.mark.parametrize("shown", SHOWN)
def test_a_file_name_comes_back_as_it_was(shown: str) -> None:
    name = object_name(shown)
    assert check_name(name, new=True) == name
    assert "/" not in name
    assert display_name(f"folder/{name}") == shown


def test_plain_names_stay_plain() -> None:
    assert object_name("My report (2).pdf") == "My report (2).pdf"
    assert object_name("报告 v2.pdf") == "=e68aa5e5918a= v2.pdf"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("C:\\fakepath\\a.txt", "a.txt"),
        ("../../etc/passwd", "passwd"),
        ("..", "file"),
        ("", "file"),
        (" . . ", "file"),
        ("///", "file"),
        ("a.txt. . ", "a.txt"),
        ("con", "_con"),
        ("NUL.txt", "_NUL.txt"),
        ("lpt1.tar.gz", "_lpt1.tar.gz"),
        ("com².txt", "_com².txt"),
        ("console.txt", "console.txt"),
        ("a\x00b\r\nc\x7f.txt", "abc.txt"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("half\ud800.txt", "half.txt"),
        ("cafe\u0301.txt", "caf\u00e9.txt"),
        ("x.emptyFolderPlaceholder", "x_emptyFolderPlaceholder"),
    ],
)
def test_what_no_system_can_have_goes(sent: str, shown: str) -> None:
    assert display_name(object_name(sent)) == shown


@pytest.mark.parametrize("letter", ["x", "报", "😀", "é"])
def test_a_long_name_keeps_its_extension(letter: str) -> None:
    shown = display_name(object_name(letter * 400 + ".pdf"))
    assert shown.endswith(letter + ".pdf")
    assert 250 <= len(shown.encode()) <= 255


def test_a_long_name_without_a_real_extension_is_cut_anywhere() -> None:
    assert len(display_name(object_name("x." + "y" * 400)).encode()) == 255


def test_the_longest_name_leaves_room_for_folders() -> None:
    longest = max(len(object_name(letter * 255)) for letter in ("报", "😀", "é", "é#", "é ", "=x"))
    assert longest <= MOST - 200


def test_two_names_never_fall_together() -> None:
    shown = ["报", "抱", "a b", "a-b", "a_b", "A", "a", "é", "e", "=e9=", "e9"]
    assert len({object_name(each).lower() for each in shown}) == len(shown) - 1  # A and a


def test_names_sort_as_they_are_shown() -> None:
    shown = ["三.txt", "二.txt", "一.txt", "四.txt"]
    assert [display_name(name) for name in sorted(map(object_name, shown))] == sorted(shown)


@pytest.mark.parametrize(
    "name",
    ["=zz=", "=e6=", "==", "=2f=", "=0a=", "=e280ae=", "=41=", "=ff=", "=2e2e2f=", "=5c="],
)
def test_what_only_looks_written_is_shown_as_it_stands(name: str) -> None:
    # Somebody who uploads past the app must not get a path, a line break or reversed text shown.
    assert display_name(name) == name


def test_a_folder_is_shown_by_its_own_name() -> None:
    assert display_name("a/=e68aa5=/") == "报"


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("报", "报告.pdf"), ("报告", "报告 v2.pdf"), ("报告 v", "报告 v2.pdf"), ("re", "report.pdf")],
)
def test_a_search_finds_by_the_beginning(typed: str, shown: str) -> None:
    assert object_name(shown).startswith(search_text(typed))


def test_a_search_for_what_is_not_there_finds_nothing() -> None:
    assert not object_name("报告.pdf").startswith(search_text("抱"))
    assert search_text("\ud800") == "="
