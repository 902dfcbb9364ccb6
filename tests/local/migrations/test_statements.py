"""Where one statement ends and the next begins."""

from __future__ import annotations

import pytest

from hipflask.local.migrations.statements import split


def texts(script: str) -> list[str]:
    return [statement.text for statement in split(script)]


@pytest.mark.parametrize("script", ["", "  \n\t", ";", ";;\n ;"])
def test_nothing_is_no_statement(script: str) -> None:
    assert texts(script) == []


def test_semicolons_divide() -> None:
    assert texts("select 1; select 2;\nselect 3") == ["select 1", "select 2", "select 3"]


@pytest.mark.parametrize(
    "whole",
    [
        "select 'a;b'",
        "select 'it''s; fine'",
        "select E'it\\'s; fine'",
        "select e'\\\\', ';'",
        "select U&'d\\0061t;'",
        'select 1 as "odd;name"',
        'select 1 as "odd"";name"',
        "select 1 -- not; here\n + 1",
        "select /* not; here */ 1",
        "select /* nested /* ; */ ; */ 1",
        "select $$a;b$$",
        "select $tag$a;$$;b$tag$",
        "select $täg$;$täg$",
        "create rule r as on insert to t do also (select 1; select 2)",
        "do $$ begin perform 1; perform 2; end $$",
        "create function f() returns int language sql begin atomic; select 1; select 2; end",
        "create function f() returns int BEGIN\n ATOMIC select case when true then 1 end; end",
        "create function f() returns int language plpgsql as $f$ begin return $g$;$g$; end $f$",
        "select a$b$c;",
        "select $1",
        "comment on table t is 'ends with a backslash \\'",
        "insert into t values ('--'), ('/*')",
        'create table atomic (begin_at int, "end" int)',
    ],
)
def test_semicolon_inside_does_not_divide(whole: str) -> None:
    whole = whole.removesuffix(";")
    assert texts(f"{whole};\nselect 'next'") == [whole, "select 'next'"]


def test_identifier_with_dollars_is_no_quote() -> None:
    assert texts("select a$b$ from t; select 2") == ["select a$b$ from t", "select 2"]


def test_comments_stay_with_what_follows_them() -> None:
    script = "-- the first\nselect 1;\n\n/* the second */ select 2;"
    assert texts(script) == ["-- the first\nselect 1", "/* the second */ select 2"]


def test_closing_comment_is_an_empty_statement_as_in_the_cli() -> None:
    found = split("select 1;\n-- that is all\n")
    assert [statement.is_empty for statement in found] == [False, True]


@pytest.mark.parametrize("open_end", ["select 'never closed;", "select $$;", "/* ; ", 'select "a;'])
def test_what_never_closes_is_one_statement(open_end: str) -> None:
    assert texts(open_end) == [open_end.rstrip(";").strip()]


def test_line_is_that_of_the_first_word() -> None:
    found = split("\n\n-- about it\n\nselect 1;\n/* more\n */\n  select\n  2;")
    assert [statement.line for statement in found] == [5, 8]


def test_line_of_a_position() -> None:
    statement = split("select 1;\n\n-- why\nselect\n  oops;")[1]
    assert statement.line_at(statement.text.index("oops") + 1) == 5


def test_words_skip_comments() -> None:
    assert split("-- x\n/* y */ create table t ()")[0].words == "create table t ()"


def test_windows_line_ends() -> None:
    found = split("select 1;\r\n\r\nselect 2;\r\n")
    assert [(statement.text, statement.line) for statement in found] == [
        ("select 1", 1),
        ("select 2", 3),
    ]
