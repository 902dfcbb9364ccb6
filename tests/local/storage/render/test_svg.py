"""A drawing comes out as a drawing that can do nothing."""

from __future__ import annotations

import tracemalloc
from xml.etree import ElementTree

import pytest

from hipflask.local.storage.render import Rendered, RenderError
from tests.local.storage.render.pictures import ACCEPT, rendering

SVG = "http://www.w3.org/2000/svg"


def drawing(inside: str, attributes: str = "") -> bytes:
    return (
        f'<svg xmlns="{SVG}" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 9 9" {attributes}>{inside}</svg>'
    ).encode()


def shown(content: bytes) -> str:
    result = rendering(content, width=5, accept=ACCEPT)
    assert result.media_type == "image/svg+xml"
    ElementTree.fromstring(result.body)
    return result.body.decode()


def test_a_harmless_drawing_stays_as_it_is() -> None:
    inside = (
        '<defs><linearGradient id="g"><stop offset="0" stop-color="red"></stop></linearGradient>'
        '</defs><style>.a{fill:url(#g)}</style><g transform="scale(2)">'
        '<rect class="a" width="9" height="9" fill="url(#g)" style="stroke:#000"></rect>'
        '<use xlink:href="#g"></use><text xml:space="preserve">1 &lt; 2 &amp; 中文</text></g>'
    )
    assert inside in shown(drawing(inside))
    assert 'viewBox="0 0 9 9"' in shown(drawing(""))


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>evil()</script>",
        f'<s:script xmlns:s="{SVG}">evil()</s:script>',
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml">evil()</h:script>',
        '<script href="//evil.example/a.js"/>',
        "<g><script>evil()</script></g>",
        '<rect onload="evil()"/>',
        '<rect ONCLICK="evil()"/>',
        '<a xlink:href="javascript:evil()"><text>x</text></a>',
        '<a href="https://evil.example"><text>x</text></a>',
        '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="evil"/></foreignObject>',
        '<use href="data:image/svg+xml,&lt;svg onload=evil()&gt;#x"/>',
        '<use xlink:href="https://evil.example/x.svg#x"/>',
        '<image href="https://evil.example/pixel.png"/>',
        '<image href="data:image/svg+xml;base64,evil"/>',
        '<image href="data:text/html;base64,evil"/>',
        '<set attributeName="onclick" to="evil()"/>',
        '<animate attributeName="href" values="#;evil"/>',
        '<animate attributeName=" xlink:href " to="javascript:evil()"/>',
        "<style>@import 'https://evil.example/a.css';</style>",
        "<style>rect{fill:url(https://evil.example/a)}</style>",
        r"<style>rect{fill:u\72l(https://evil.example/a)}</style>",
        "<style>rect{background:image-set('https://evil.example/a' 1x)}</style>",
        '<rect style="fill:url(&quot;https://evil.example/a&quot;)"/>',
        '<rect fill="url( https://evil.example/a )"/>',
        "<metadata>evil</metadata>",
        "<!-- evil -->",
        "<?xml-stylesheet href='https://evil.example'?>",
        '<handler xmlns="http://www.w3.org/2001/xml-events">evil</handler>',
    ],
)
def test_nothing_hostile_survives(hostile: str) -> None:
    result = shown(drawing(f"{hostile}<circle r='4'/>"))
    assert "evil" not in result
    assert "script" not in result
    assert "<circle" in result


def test_the_roots_own_events_are_dropped() -> None:
    assert "evil" not in shown(drawing("", 'onload="evil()"'))


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE svg [<!ENTITY a "evil">]>' + drawing("<text>&a;</text>"),
        b'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + drawing("<text>&a;</text>"),
        b"<svg>no namespace</svg>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><g></svg>",
        b"<html xmlns='http://www.w3.org/1999/xhtml'><script/></html>",
        b"<?xml version='1.0' encoding='nonsense'?>" + drawing(""),
        drawing("<g>" * 600 + "</g>" * 600),
        drawing("<g/>" * 1_000_001),
    ],
)
def test_what_is_no_plain_drawing_is_refused(content: bytes) -> None:
    with pytest.raises(RenderError, match="invalid or unsupported"):
        rendering(content)


def test_many_elements_take_little_memory() -> None:
    content = drawing("<g/>" * 300_000)
    tracemalloc.start()
    rendering(content)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8 * len(content)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_encoding_hides_nothing(encoding: str) -> None:
    content = drawing("<script>evil()</script><circle r='4'/>").decode().encode(encoding)
    assert "evil" not in shown(content)


def test_a_doctype_alone_is_fine() -> None:
    kind = (
        b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://x.example">'
    )
    assert "<circle" in shown(kind + drawing("<circle r='4'/>"))


def test_the_headers_are_a_second_wall() -> None:
    result: Rendered = rendering(drawing(""))
    assert "sandbox" in result.headers["Content-Security-Policy"]
    assert "default-src 'none'" in result.headers["Content-Security-Policy"]
    assert result.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("kind", ["webp", "avif"])
def test_it_is_not_drawn_as_pixels(kind: str) -> None:
    with pytest.raises(RenderError, match="invalid or unsupported"):
        rendering(drawing(""), format=kind)
