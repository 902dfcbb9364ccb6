"""What may be asked for, where it is written, and the validator's words."""

from __future__ import annotations

import math
from typing import Any
from urllib.parse import parse_qs

import pytest

from hipflask.local.storage.render import RenderError, Transformation, TransformationInvalid


def asked(query: str) -> Transformation:
    pairs = parse_qs(query, keep_blank_values=True)
    return Transformation.checked({n: v[0] if len(v) == 1 else v for n, v in pairs.items()})


# Every pair below was seen on the genuine validator.
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("width=abc", "querystring/width must be integer"),
        ("width=", "querystring/width must be integer"),
        ("width=1.5", "querystring/width must be integer"),
        ("width=1_0", "querystring/width must be integer"),
        ("width=NaN", "querystring/width must be integer"),
        ("width=true", "querystring/width must be integer"),
        ("width=1&width=2", "querystring/width must be integer"),
        ("width=-1", "querystring/width must be >= 0"),
        ("width=Infinity", 'querystring/width must pass "finite" keyword validation'),
        ("width=1e400", 'querystring/width must pass "finite" keyword validation'),
        ("height=x&width=y", "querystring/height must be integer"),
        ("resize=x", "querystring/resize must be equal to one of the allowed values"),
        ("resize=", "querystring/resize must be equal to one of the allowed values"),
        ("resize=cover&resize=fill", "querystring/resize must be string"),
        ("format=png", "querystring/format must be equal to one of the allowed values"),
        ("format=avif%0Ax", "querystring/format must be equal to one of the allowed values"),
        ("quality=10", "querystring/quality must be >= 20"),
        ("quality=101", "querystring/quality must be <= 100"),
        ("quality=Infinity", 'querystring/quality must pass "finite" keyword validation'),
        ("gravity=obj", "querystring/gravity must be equal to one of the allowed values"),
        ("gravity=fp", "querystring must have required property 'x_offset'"),
        ("gravity=fp&x_offset=.5", "querystring must have required property 'y_offset'"),
        ("gravity=fp&x_offset=1.1&y_offset=0", "querystring/x_offset must be <= 1"),
        ("gravity=fp&x_offset=.5&y_offset=-1", "querystring/y_offset must be >= 0"),
        ("gravity=fp&x_offset=a&y_offset=0", "querystring/x_offset must be number"),
        ("gravity=fp&x_offset=&y_offset=", "querystring/x_offset must be number"),
        ("gravity=fp&x_offset=Infinity&y_offset=0", "querystring/x_offset must be number"),
        ("height=1&gravity=fp&width=x", "querystring must have required property 'x_offset'"),
        ("x_offset=Infinity", 'querystring/x_offset must pass "finite" keyword validation'),
        ("x_offset=a", "querystring/x_offset must be number"),
    ],
)
def test_query_is_refused_in_the_validators_words(query: str, message: str) -> None:
    with pytest.raises(TransformationInvalid) as refused:
        asked(query)
    assert (str(refused.value), refused.value.code) == (message, "InvalidRequest")


@pytest.mark.parametrize(
    ("text", "width"),
    [("100", 100), ("0x10", 16), (" 5 ", 5), ("1e2", 100), ("5.0", 5), ("+5", 5), ("0b11", 3)],
)
def test_width_is_read_as_javascript_reads_numbers(text: str, width: int) -> None:
    assert Transformation.checked({"width": text}).width == width


@pytest.mark.parametrize("text", ["0", " ", "0.0"])
def test_no_side_means_not_asked_for(text: str) -> None:
    assert Transformation.checked({"width": text}) == Transformation()


def test_too_large_a_side_is_cut_without_an_error() -> None:
    wish = Transformation.checked({"width": "2501", "height": "1e30"})
    assert (wish.width, wish.height) == (2500, 2500)


def test_other_parameters_are_left_alone() -> None:
    assert asked("token=x&download=&width=4") == Transformation(width=4)


@pytest.mark.parametrize(
    ("value", "wish"),
    [
        ({"width": True}, Transformation(width=1)),
        ({"width": None, "height": False}, Transformation()),
        ({"width": [3]}, Transformation(width=3)),
        ({"x_offset": 2}, Transformation(x_offset=2.0)),
    ],
)
def test_json_is_coerced(value: dict[str, Any], wish: Transformation) -> None:
    assert Transformation.checked(value, "body/transform") == wish


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"width": "a"}, "body/transform/width must be integer"),
        ({"width": {}}, "body/transform/width must be integer"),
        ({"width": [3, 4]}, "body/transform/width must be integer"),
        ({"width": 10**400}, 'body/transform/width must pass "finite" keyword validation'),
        ({"resize": None}, "body/transform/resize must be equal to one of the allowed values"),
        ({"gravity": "fp"}, "body/transform must have required property 'x_offset'"),
    ],
)
def test_json_is_refused_at_its_place(value: dict[str, Any], message: str) -> None:
    with pytest.raises(TransformationInvalid, match=f"^{message}$".replace("[", r"\[")):
        Transformation.checked(value, "body/transform")


@pytest.mark.parametrize(
    ("query", "signed", "header"),
    [
        ("", "", ""),
        ("format=origin&resize=fill", "", ""),
        (
            "width=10&height=10",
            "height:10,width:10,resize:undefined",
            "height:10,width:10,resizing_type:fill",
        ),
        (
            "width=7&resize=contain&quality=50&format=webp",
            "width:7,resize:contain,quality:50,format:webp",
            "width:7,resizing_type:fit,quality:50,format:webp",
        ),
        ("height=7&resize=fill", "height:7,resize:fill", "height:7,resizing_type:force"),
        ("gravity=sm&x_offset=12&y_offset=-4", "gravity:sm", "gravity:sm"),
        ("gravity=no", "gravity:no", "gravity:no"),
        ("gravity=ea&x_offset=12", "gravity:ea:12:0", "gravity:ea:12:0"),
        (
            "gravity=fp&x_offset=0.25&y_offset=1e-7",
            "gravity:fp:0.25:1e-7",
            "gravity:fp:0.25:1e-7",
        ),
    ],
)
def test_written_for_a_token_and_for_the_header(query: str, signed: str, header: str) -> None:
    wish = asked(query)
    assert (wish.signed_text(), wish.header_text()) == (signed, header)
    assert Transformation.from_signed(signed).header_text() == header


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("", Transformation()),
        ("height:10,width:10,resize:undefined", Transformation(width=10, height=10)),
        ("width:12px,height:NaN", Transformation(width=12)),
        ("width:-5", Transformation(width=1)),
        ("width:99999", Transformation(width=2500)),
        ("blur:5,width:,height", Transformation()),
        ("gravity:no:NaN:Infinity", Transformation(gravity="no")),
    ],
)
def test_signed_text_is_read_leniently(text: str, wish: Transformation) -> None:
    assert Transformation.from_signed(text) == wish


@pytest.mark.parametrize(
    ("text", "code", "status"),
    [
        ("format:exe", "InvalidRequest", 404),
        ("quality:101", "InvalidRequest", 404),
        ("gravity:obj", "InvalidRequest", 404),
        ("gravity:fp:0.5", "InvalidParameter", 400),
        ("gravity:fp:0.5:1.5", "InvalidParameter", 400),
    ],
)
def test_signed_text_that_nobody_could_follow_is_refused(text: str, code: str, status: int) -> None:
    with pytest.raises(RenderError) as refused:
        Transformation.from_signed(text)
    assert (refused.value.code, refused.value.status) == (code, status)


def test_no_number_of_digits_keeps_us_busy() -> None:
    with pytest.raises(TransformationInvalid):
        Transformation.checked({"width": "0x" + "f" * 100_000})
    assert Transformation.from_signed("width:" + "9" * 100_000).width == 2500
    assert not math.isfinite(float("1" + "0" * 400))
