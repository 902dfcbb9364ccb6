"""A mail on the wire, and its text part."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from hipflask.local.auth.mail import Mail, as_message
from hipflask.local.auth.plain_text import plain_text

DATE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def mail(**changes: object) -> Mail:
    parts = {
        "to": "ada@example.com",
        "sender": "shop@example.com",
        "sender_name": "Büro, 商店",
        "subject": "验证邮箱 – Grüße",
        "html": "<p>你好 <b>Ada</b></p>",
        "text": "你好 Ada\n",
    }
    return Mail(**(parts | changes))  # type: ignore[arg-type]


def test_message_is_text_and_html() -> None:
    raw = bytes(as_message(mail(), message_id="1@shop.example", date=DATE))
    read = message_from_bytes(raw, policy=default)
    assert read["From"] == '"Büro, 商店" <shop@example.com>'
    assert read["To"] == "ada@example.com"
    assert read["Subject"] == "验证邮箱 – Grüße"
    assert read["Date"] == "Sun, 01 Mar 2026 12:00:00 +0000"
    assert read["Message-ID"] == "<1@shop.example>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read.get_content_type() == "multipart/alternative"
    text, html = read.iter_parts()
    assert (text.get_content_type(), text.get_content().split()) == ("text/plain", ["你好", "Ada"])
    assert html.get_content_type() == "text/html"
    assert html.get_content().strip() == "<p>你好 <b>Ada</b></p>"
    assert raw.isascii()
    assert b"\r\n" in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_headers_are_added() -> None:
    message = as_message(mail(headers={"X-Kind": "recovery"}), message_id="1@a", date=DATE)
    assert message["X-Kind"] == "recovery"


@pytest.mark.parametrize("to", ["a..b@example.com", "x.@y.com", "o'neil@example.com"])
def test_odd_addresses_are_kept(to: str) -> None:
    assert f"To: {to}\r\n".encode() in bytes(as_message(mail(to=to), message_id="1@a", date=DATE))


@pytest.mark.parametrize("part", ["subject", "to"])
def test_line_break_starts_no_header(part: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        as_message(mail(**{part: "a@b.cd\r\nBcc: eve@example.com"}), message_id="1@a", date=DATE)


def test_repr_shows_no_code() -> None:
    shown = repr(mail(subject="123456", html="123456", text="123456"))
    assert "123456" not in shown


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<h1>Title</h1>\n\n  <div>Some\n   text</div>", "Title\n\nSome text"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "- a\n- b"),
        ("Fish &amp; chips &lt;3 &#39;", "Fish & chips <3 '"),
        ('<a href="https://a.example/?x=1&amp;y=2">Go</a>', "Go:\nhttps://a.example/?x=1&y=2"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ('<a href="https://a.example">打开</a>', "打开：\nhttps://a.example"),
        ('<a href="https://a.example"><b></b></a>', "https://a.example"),
        ('<a href="mailto:a@b.cd">Write</a>', "Write"),
        ('<a href="#top">Up</a>', "Up"),
        ("<head><title>T</title><style>p { a }</style></head><body>x</body>", "x"),
        ('<div style="display:none">preheader</div>x', "x"),
        ('<div style="display: none"><p>pre<br>header<img src=x></p></div>x', "x"),
        ("<p hidden>a</p>b", "b"),
        ("<script>x</script>y", "y"),
        ('<img src="l.png" alt="Logo"> x', "Logo x"),
        ("<table><tr><td>a</td></tr><tr><td>b</td></tr></table>", "a\nb"),
        ("<p>unclosed <b>tag", "unclosed tag"),
        ("</p></div>x", "x"),
        ("", ""),
    ],
)
def test_text_part(html: str, text: str) -> None:
    made = plain_text(html)
    assert made.endswith("\n")
    assert made.strip() == text
