"""What is asked of Cloud Logging, and its entries as lines."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hipflask.cloudrun.log_entries import entry_line, log_filter
from hipflask.errors import DeployError
from tests.cloudrun.specs import GOOD

WHERE = (
    'resource.type="cloud_run_revision" AND resource.labels.service_name="corner-shop"'
    ' AND resource.labels.location="us-west1"'
)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
TIME = "2026-11-24T23:17:35.123456Z"


def line(**entry: Any) -> str:
    return entry_line({"timestamp": TIME, **entry})


def test_asks_for_one_service() -> None:
    assert log_filter(GOOD) == WHERE


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ({"revision": "corner-shop-00001-abc"}, "labels.revision_name="),
        ({"severity": "error"}, " AND severity>=ERROR"),
        ({"search": "two words"}, ' AND SEARCH("two words")'),
        ({"since": "2026-11-24T23:17:35Z"}, ' AND timestamp>"2026-11-24T23:17:35Z"'),
    ],
)
def test_narrows(wanted: dict[str, str], part: str) -> None:
    text = log_filter(GOOD, **wanted)
    assert text.startswith(WHERE)
    assert part in text


def test_request_is_found_in_lines_of_ours_and_of_google() -> None:
    text = log_filter(GOOD, request_id="8b1c2d3e4f5a6b7c")
    either = '(jsonPayload.request_id="8b1c2d3e4f5a6b7c" OR trace:"8b1c2d3e4f5a6b7c")'
    assert text == f"{WHERE} AND {either}"


def test_every_severity_needs_no_part() -> None:
    assert log_filter(GOOD, severity="default") == WHERE


@pytest.mark.parametrize(
    "words",
    [
        '" OR severity>=DEFAULT OR "',
        "\\",
        '\\"',
        '\\\\" x',
        "two\nlines\r\x00",
        "书",
        '"',
        "a) OR (b",
    ],
)
def test_words_cannot_leave_their_quotes(words: str) -> None:
    text = log_filter(GOOD, search=words)
    assert STRING.sub("S", text) == f"{STRING.sub('S', WHERE)} AND SEARCH(S)"
    assert "\n" not in text


@pytest.mark.parametrize(
    "given",
    [
        {"request_id": 'x" OR "y'},
        {"request_id": "short"},
        {"request_id": "8b1c2d3e4f5a6b7c\n"},
        {"request_id": "a" * 65},
        {"revision": 'x" OR "y'},
        {"revision": "Shop-00001"},
        {"revision": "-"},
    ],
)
def test_what_cannot_be_one_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(DeployError, match="cannot be a"):
        log_filter(GOOD, **given)


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ({"textPayload": "Listening\n"}, "DEFAULT   Listening"),
        (
            {
                "severity": "INFO",
                "jsonPayload": {"message": "Signed in", "request_id": "8b1c2d3e"},
            },
            "INFO      Signed in  [8b1c2d3e]",
        ),
        (
            {
                "severity": "WARNING",
                "httpRequest": {
                    "requestMethod": "GET",
                    "requestUrl": "https://shop.a.run.app/items?page=2",
                    "status": 404,
                    "latency": "0.012345s",
                },
            },
            "WARNING   GET /items?page=2 404 12 ms",
        ),
        (
            {
                "jsonPayload": {"message": "GET /items", "request_id": "8b1c2d3e"},
                "httpRequest": {"requestMethod": "GET", "status": 200},
            },
            "DEFAULT   GET /items  [8b1c2d3e]",
        ),
        ({"httpRequest": {"requestMethod": "GET", "latency": "soon"}}, "DEFAULT   GET soon"),
        ({"protoPayload": {"methodName": "ReplaceService"}}, "DEFAULT   ReplaceService"),
        ({"textPayload": None, "jsonPayload": None, "severity": None}, "DEFAULT   "),
        ({"jsonPayload": {"message": {"a": 1}}}, "DEFAULT   {'a': 1}"),
    ],
)
def test_entry_is_a_line(entry: dict[str, Any], shown: str) -> None:
    assert line(**entry).rstrip() == f"2026-11-24 23:17:35  {shown}".rstrip()


def test_entry_of_nothing_is_a_line() -> None:
    assert entry_line({}).strip() == "DEFAULT"


def test_traceback_follows_indented() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1\n'
    shown = line(severity="ERROR", jsonPayload={"message": "It failed", "stack_trace": trace})
    assert shown.splitlines()[1:] == [
        "    Traceback (most recent call last):",
        '      File "a.py", line 1',
        "    KeyError: 1",
    ]


def test_message_cannot_pretend_to_be_another_entry() -> None:
    fake = "ok\n2026-11-24 23:17:36  ERROR     Database deleted"
    first, second = line(jsonPayload={"message": fake, "request_id": "8b1c2d3e"}).split("\n")
    assert first.endswith("ok  [8b1c2d3e]")
    assert second.startswith("    2026")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\rb", r"a\rb"),
        ("\x9b31m", r"\x9b31m"),
        ("\x7f\x00", r"\x7f\x00"),
        ("\u202eabc", r"\u202eabc"),
        ("a\tb 书 é ✓", "a\tb 书 é ✓"),
        ("back\\slash", "back\\slash"),
    ],
)
def test_nothing_reaches_the_terminal_that_it_would_obey(raw: str, shown: str) -> None:
    assert line(textPayload=f"x{raw}y").endswith(f"x{shown}y")
    assert line(jsonPayload={"message": raw, "request_id": raw}).count(shown) == 2
    assert shown in line(jsonPayload={"stack_trace": f"x{raw}y"})
    request = {"requestMethod": "GET", "requestUrl": f"https://shop/{raw}"}
    assert shown in line(httpRequest=request)
