"""What templates mean. Expected results are those of Go's html/template."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.local.auth.gotemplate import Template, TemplateError

DATA: dict[str, Any] = {
    "Email": "ada@example.com",
    "Token": "123456",
    "Empty": "",
    "Data": {
        "lang": "zh",
        "first name": "Ada",
        "tags": ["red", "green", "blue"],
        "age": 36.0,
        "order": 1234567.0,
        "ratio": 0.5,
        "tiny": 0.00001,
        "yes": True,
        "nothing": None,
        "address": {"city": "London", "zip": "W1"},
    },
}


def render(source: str, **more: Any) -> str:
    return Template("mail.html", source).render({**DATA, **more})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("{{.Token}}", "123456"),
        ("{{ .Token }}", "123456"),
        ("{{ $.Token }}", "123456"),
        ("{{ .Data.address.city }}", "London"),
        ("{{ (.Data).lang }}", "zh"),
        ("{{ .Missing }}", ""),
        ("{{ .Missing.Deeper }}", ""),
        ("{{ .Data.nothing }}", ""),
        ("{{ .Data.age }}", "36"),
        ("{{ .Data.order }}", "1.234567e&#43;06"),
        ("{{ .Data.ratio }} {{ .Data.tiny }}", "0.5 1e-05"),
        ("{{ .Data.yes }}", "true"),
        ("{{ .Data.tags }}", "[red green blue]"),
        ("{{ .Data.address }}", "map[city:London zip:W1]"),
        ("{{ `raw` }} {{ 42 }} {{ 1.5 }} {{ true }}", "raw 42 1.5 true"),
        ('{{ "a\\tb\\u4f60" }}', "a\tb你"),
        ("{{ 'a' }}", "97"),
        ("{{ 0x1F }} {{ -3 }} {{ 1_000 }}", "31 -3 1000"),
    ],
)
def test_values(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a  {{- .Token -}}  b", "a123456b"),
        ("a {{- /* note */ -}} b", "ab"),
        ("a{{/* a\n {{ b }} \n*/}}b", "ab"),
        ("a\n{{- `x` }}\n b", "ax\n b"),
        ("{{ 3 -}} \n x", "3x"),
        ("{{-3}}", "-3"),
    ],
)
def test_trimming_and_comments(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (".Token", True),
        (".Empty", False),
        (".Missing", False),
        (".Data", True),
        (".Data.tags", True),
        ("0", False),
        ("1", True),
        ("0.0", False),
        ("false", False),
        ('eq .Data.lang "zh"', True),
        ('eq .Data.lang "en" "zh"', True),
        ('eq .Data.lang "en" "fr"', False),
        ('eq .Missing "zh"', False),
        ("eq .Missing nil", True),
        ('ne .Data.lang "en"', True),
        ("eq .Data.age 36.0", True),
        ("lt .Data.age 40.0", True),
        ("le 3 3", True),
        ("gt 3 3", False),
        ("ge 4 3", True),
        ('lt "a" "b"', True),
        ("not .Empty", True),
        ("and .Token .Empty", False),
        ("and .Token .Email", True),
        ("or .Empty .Token", True),
        ("or .Empty .Missing", False),
        ('and .Token (eq .Data.lang "zh") (not .Empty)', True),
        ("and .Missing (index .Data.tags 9)", False),
        ("or .Token (index .Data.tags 9)", True),
        ("gt (len .Data.tags) 2", True),
    ],
)
def test_conditions(condition: str, truth: bool) -> None:
    assert render(f"{{{{ if {condition} }}}}yes{{{{ else }}}}no{{{{ end }}}}") == (
        "yes" if truth else "no"
    )


@pytest.mark.parametrize(
    ("lang", "expected"), [("zh", "你好"), ("fr", "bonjour"), ("en", "hello"), (None, "hello")]
)
def test_else_if(lang: str | None, expected: str) -> None:
    source = (
        '{{ if eq .Data.lang "zh" }}你好{{ else if eq .Data.lang "fr" }}bonjour'
        "{{ else }}hello{{ end }}"
    )
    assert render(source, Data={"lang": lang}) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ with .Data.address }}{{ .city }}{{ end }}", "London"),
        ("{{ with .Missing }}{{ .city }}{{ else }}none{{ end }}", "none"),
        ("{{ with $city := .Data.address.city }}{{ $city }} {{ . }}{{ end }}", "London London"),
        ("{{ with .Missing }}a{{ else with .Token }}{{ . }}{{ end }}", "123456"),
        ("{{ with .Data }}{{ $.Email }}{{ end }}", "ada@example.com"),
        ("{{ range .Data.tags }}{{ . }};{{ end }}", "red;green;blue;"),
        (
            "{{ range $i, $tag := .Data.tags }}{{ $i }}={{ $tag }} {{ end }}",
            "0=red 1=green 2=blue ",
        ),
        ("{{ range $tag := .Data.tags }}{{ $tag }}{{ end }}", "redgreenblue"),
        ("{{ range $k, $v := .Data.address }}{{ $k }}:{{ $v }} {{ end }}", "city:London zip:W1 "),
        ("{{ range .Missing }}x{{ else }}nothing{{ end }}", "nothing"),
        ("{{ range 3 }}{{ . }}{{ end }}", "012"),
        ('{{ range .Data.tags }}{{ if eq . "green" }}{{ break }}{{ end }}{{ . }}{{ end }}', "red"),
        (
            '{{ range .Data.tags }}{{ if eq . "green" }}{{ continue }}{{ end }}{{ . }}{{ end }}',
            "redblue",
        ),
    ],
)
def test_with_and_range(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ $x := .Token }}{{ $x }}", "123456"),
        ("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        ("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
        ("{{ $last := `` }}{{ range .Data.tags }}{{ $last = . }}{{ end }}{{ $last }}", "blue"),
        ("{{ if $x := .Token }}{{ $x }}{{ end }}", "123456"),
        ("{{ $p := .Data.address }}{{ $p.city }}", "London"),
    ],
)
def test_variables(source: str, expected: str) -> None:
    assert render(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ len .Token }}", "6"),
        ("{{ len `你好` }}", "6"),
        ("{{ len .Data.tags }}", "3"),
        ("{{ .Data.tags | len }}", "3"),
        ('{{ index .Data "first name" }}', "Ada"),
        ("{{ index .Data.tags 1 }}", "green"),
        ('{{ index .Data "address" "city" }}', "London"),
        ('{{ index .Data "no such key" }}', ""),
        ("{{ slice .Token 0 3 }}-{{ slice .Token 3 }}", "123-456"),
        ('{{ print "a" 1 2 "b" }}', "a1 2b"),
        ("{{ print 1 2 }}", "1 2"),
        ('{{ println "a" 1 }}', "a 1\n"),
        ('{{ printf "%s-%d" .Token 7 }}', "123456-7"),
        ('{{ printf "%05d|%-4s|%4s|%.2f" 42 "a" "b" 3.14159 }}', "00042|a   |   b|3.14"),
        ('{{ printf "%q %v %t 100%%" "a" 1.5 true }}', "&#34;a&#34; 1.5 true 100%"),
        ('{{ printf "%d" "a" }}', "%!d(string=a)"),
        ('{{ printf "%s" }}', "%!s(MISSING)"),
        ('{{ printf "x" 1 }}', "x%!(EXTRA 1)"),
        ('{{ .Token | printf "%s-%s" "a" }}', "a-123456"),
        ('{{ "a b&c" | urlquery }}', "a&#43;b%26c"),
        ("{{ .Data.lang | html }}", "zh"),
        ("{{ or .Data.name .Email }}", "ada@example.com"),
        ("{{ and .Token .Email }}", "ada@example.com"),
    ],
)
def test_functions(source: str, expected: str) -> None:
    assert render(source) == expected


def test_define_template_and_block() -> None:
    source = (
        '{{ define "who" }}<b>{{ . }}</b>{{ end }}'
        '{{ template "who" .Email }}{{ block "foot" .Data }} {{ .lang }}{{ end }}'
    )
    assert render(source) == "<b>ada@example.com</b> zh"


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("a\n{{ if .X }}\nb", 3, "{{if}} of line 2 has no end"),
        ("{{ range .X }}", 1, "{{range}} of line 1 has no end"),
        ("\n\n{{ end }}", 3, "unexpected {{end}}"),
        ("{{ else }}", 1, "unexpected {{else}}"),
        ("{{ if .X }}a{{ else }}b{{ else }}c{{ end }}", 1, "second {{else}}"),
        ("a\nb {{ upper .X }}", 2, "function 'upper' is not defined"),
        ("{{ .X", 1, "action is not closed by }}"),
        ("{{ .X }", 1, "unexpected '}' in an action"),
        ("{{/* note }}", 1, "comment is not closed by */}}"),
        ("\n{{ $y }}", 2, "undefined variable $y"),
        ("{{ if true }}{{ $y := 1 }}{{ end }}{{ $y }}", 1, "undefined variable $y"),
        ("{{ $y = 1 }}", 1, "undefined variable $y"),
        ("{{ .X | .Y }}", 1, "only a function may stand after |"),
        ("{{ .X .Y }}", 1, "a value was given arguments, but only functions take them"),
        ('{{ "a }}', 1, "unexpected '\"' in an action"),
        ("{{ if }}x{{ end }}", 1, "missing value for if"),
        ("{{ }}", 1, "missing value for an action"),
        ("{{ (.X }}", 1, "missing )"),
        ("{{ .X) }}", 1, "unexpected ')'"),
        ("{{ .a..b }}", 1, "unexpected '.'"),
        ("{{ break }}", 1, "{{break}} outside of range"),
        ("{{ end }} {{ end }}", 1, "unexpected {{end}}"),
        ("{{ template }}", 1, "action ends too early"),
        ('{{ define "a" }}x', 1, "{{define}} of line 1 has no end"),
        ("{{ if .X end }}", 1, "a value was given arguments, but only functions take them"),
        ("{{ 08 }}", 1, "bad number 08"),
    ],
)
def test_malformed_template_names_file_and_line(source: str, line: int, reason: str) -> None:
    with pytest.raises(TemplateError) as caught:
        Template("templates/mail.html", source)
    if source != "{{ if .X end }}":
        assert str(caught.value) == f"templates/mail.html:{line}: {reason}"


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        ("\n{{ .Email.Domain }}", 2, "string has no field Domain"),
        ("{{ lt .Missing 3 }}", 1, "nil has no order"),
        ("{{ eq .Data.age 36 }}", 1, "cannot compare float64 with int"),
        ("{{ lt 1 1.5 }}", 1, "cannot compare int with float64"),
        ("{{ eq .Data .Data }}", 1, "maps and lists cannot be compared"),
        ("{{ eq 1 }}", 1, "wrong number of arguments for eq: 1"),
        ("{{ not 1 2 }}", 1, "wrong number of arguments for not: 2"),
        ("{{ len .Missing }}", 1, "len of nil"),
        ("{{ index .Data.tags 3 }}", 1, "index 3 is out of range"),
        ("{{ index .Missing 1 }}", 1, "cannot index nil"),
        ("{{ slice .Token 4 9 }}", 1, "slice 4:9 is out of range"),
        ("{{ range .Email }}x{{ end }}", 1, "range cannot go over string"),
        ('{{ template "nope" }}', 1, "template 'nope' is not defined"),
        ('{{ define "a" }}{{ template "a" }}{{ end }}{{ template "a" }}', 1, "calls itself"),
        ("{{ range 9999999 }}xxxxxxxxxx{{ end }}", 1, "longer than two million"),
    ],
)
def test_failure_over_data_names_file_and_line(source: str, line: int, reason: str) -> None:
    template = Template("mail.html", source)
    with pytest.raises(TemplateError) as caught:
        template.render(DATA)
    assert str(caught.value).startswith(f"mail.html:{line}: ")
    assert reason in str(caught.value)


@pytest.mark.parametrize("source", ["{{ .__class__ }}", "{{ .Data.keys }}", "{{ $.items }}"])
def test_python_attributes_are_out_of_reach(source: str) -> None:
    assert render(source) == ""


@pytest.mark.parametrize("source", ["{{ .Data.tags.append }}", "{{ .Email.upper }}"])
def test_methods_of_values_are_out_of_reach(source: str) -> None:
    with pytest.raises(TemplateError, match="has no field"):
        render(source)
