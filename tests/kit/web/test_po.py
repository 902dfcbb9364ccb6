"""The .po reader, held against Babel's."""

from __future__ import annotations

import gettext
import io

import pytest

from hipflask.kit.web.po import MalformedCatalog, compile_po

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)


def read(text: str) -> gettext.GNUTranslations:
    return gettext.GNUTranslations(io.BytesIO(compile_po(HEADER + text)))


def test_continued_lines_are_joined() -> None:
    assert read('msgid "a"\n"b"\nmsgstr "c"\n"d"\n').gettext("ab") == "cd"


def test_entries_need_no_blank_line_between() -> None:
    catalog = read('msgid "a"\nmsgstr "1"\nmsgid "b"\nmsgstr "2"\n')
    assert (catalog.gettext("a"), catalog.gettext("b")) == ("1", "2")


def test_comments_and_obsolete_entries_are_left_out() -> None:
    catalog = read('# hi\n#: app.py:1\nmsgid "a"\nmsgstr "1"\n\n#~ msgid "b"\n#~ msgstr "2"\n')
    assert (catalog.gettext("a"), catalog.gettext("b")) == ("1", "b")


def test_plural_forms_follow_the_header() -> None:
    catalog = read(
        'msgid "%d note"\nmsgid_plural "%d notes"\nmsgstr[0] "eins"\nmsgstr[1] "viele"\n'
    )
    assert catalog.ngettext("%d note", "%d notes", 1) == "eins"
    assert catalog.ngettext("%d note", "%d notes", 7) == "viele"


def test_a_plural_with_a_gap_counts_as_untranslated() -> None:
    catalog = read('msgid "%d note"\nmsgid_plural "%d notes"\nmsgstr[0] "eins"\nmsgstr[1] ""\n')
    assert catalog.ngettext("%d note", "%d notes", 1) == "%d note"


def test_windows_line_ends() -> None:
    assert read('msgid "a"\r\nmsgstr "1"\r\n').gettext("a") == "1"


def test_a_fuzzy_header_still_counts() -> None:
    text = "#, fuzzy\n" + HEADER + 'msgid "a"\nmsgstr "一"\n'
    assert gettext.GNUTranslations(io.BytesIO(compile_po(text))).gettext("a") == "一"


@pytest.mark.parametrize(
    "header", ["", HEADER.replace("utf-8", "CHARSET"), HEADER.replace("utf-8", "GBK")]
)
def test_the_file_is_utf_8_whatever_its_header_says(header: str) -> None:
    text = header + 'msgid "a"\nmsgstr "一"\n'
    assert gettext.GNUTranslations(io.BytesIO(compile_po(text))).gettext("a") == "一"


@pytest.mark.parametrize(
    "text", ['msgid "a', "msgid a", 'rubbish "a"', '"loose"', "msgid __import__('os')", "msgid 5"]
)
def test_a_malformed_line_is_named(text: str) -> None:
    with pytest.raises(MalformedCatalog, match=r"zh\.po, line 2"):
        compile_po("# first\n" + text + "\n", "zh.po")
