"""The list of notes."""

from __future__ import annotations

from visitor import Visitor


def write(member: Visitor, title: str, body: str = "") -> None:
    member.open("/dashboard/notes/new")
    member.press("Create note", title=title, body=body)


def test_needs_a_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/dashboard").path == "/login?next=%2Fdashboard"


def test_empty_says_what_it_is_for(member: Visitor) -> None:
    page = member.open("/dashboard")
    assert "No notes yet" in page.text
    assert page.links["Write the first note"] == "/dashboard/notes/new"


def test_the_latest_change_comes_first(member: Visitor) -> None:
    write(member, "First")
    write(member, "Second")
    text = member.open("/dashboard").text
    assert "2 notes" in text
    assert text.index("Second") < text.index("First")


def test_search_finds_titles_and_texts(member: Visitor) -> None:
    write(member, "Shopping", "milk and 100% juice")
    write(member, "Milky way")
    write(member, "Other")
    member.open("/dashboard")
    page = member.press("Search", q="MILK")
    assert "2 notes match “MILK”" in page.text
    assert "Other" not in page.text
    assert "One note matches “0% j”" in member.press("Search", q="0% j").text
    assert "No note matches “_”" in member.press("Search", q="_").text


def test_too_many_are_paged(member: Visitor) -> None:
    for number in range(21):
        write(member, f"Note {number:02}")
    page = member.open("/dashboard")
    assert "1–20 of 21" in page.text
    page = member.follow("Next")
    assert "21–21 of 21" in page.text
    assert "Note 00" in page.text
    assert member.open("/dashboard?page=99").path == "/dashboard"
    assert member.open("/dashboard?page=x").status == 200


def test_odd_searches_do_no_harm(member: Visitor) -> None:
    for query in ("'", "\\", "%00", "%F0%9F%98%80", "a" * 5000):
        assert member.open(f"/dashboard?q={query}").status == 200


def test_text_is_never_markup(member: Visitor) -> None:
    write(member, "<script>alert(1)</script>", "<b>x</b>")
    html = member.open("/dashboard").html
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


def test_no_cache_keeps_it(member: Visitor) -> None:
    assert "no-store" in member.open("/dashboard").response.headers["Cache-Control"]
