from __future__ import annotations

import re
import sys
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from hipflask.cloudrun.chart.draw import chart_png, chart_svg
from hipflask.cloudrun.chart.places import Obstacles, Place, first_free, text_width
from hipflask.cloudrun.chart.words import CHINESE, ENGLISH
from hipflask.cloudrun.cost.growth import growth
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.report import CostReport, cost_report
from hipflask.cloudrun.spec import DatabaseSpec, SecretRef
from hipflask.errors import ConfigError
from tests.cloudrun.cost.services import service, traffic

SVG = "{http://www.w3.org/2000/svg}"
PRODUCT = cost_report(service(max_instances=2), TrafficProfile())
PAID = cost_report(
    service(max_instances=1, threads=8, database=DatabaseSpec(compute="micro")),
    TrafficProfile(requests=Decimal(20_000_000)),
)


CROWDED = cost_report(service(max_instances=2), TrafficProfile(requests=Decimal(4_000_000)))


def profile(requests: int) -> TrafficProfile:
    return TrafficProfile(requests=Decimal(requests))


def drawn(report: CostReport, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(chart_svg(report, growth(report), language=language))


def texts(report: CostReport, language: str = "en") -> list[str]:
    return [str(element.text) for element in drawn(report, language).iter(f"{SVG}text")]


def test_the_end_of_the_free_tier_is_marked_where_it_is() -> None:
    marks = [p for p in drawn(PRODUCT).iter(f"{SVG}path") if p.get("class") == "free"]
    assert len(marks) == 1
    # 53,687 requests between 10,000 at x = 76 and 1,000,000 at x = 772.
    assert marks[0].get("d", "").startswith("M330.0 ")
    assert "Free tier ends at 53.7k (Network, traffic to browsers)" in texts(PRODUCT)


def test_today_s_traffic_is_a_dot_with_its_price() -> None:
    dots = list(drawn(PRODUCT).iter(f"{SVG}circle"))
    assert len(dots) == 1
    assert (dots[0].get("cx"), "$0.10 at 100k" in texts(PRODUCT)) == ("424.0", True)


def test_where_supabase_stops_is_marked() -> None:
    assert "Stops at 1.25M (Supabase, traffic)" in texts(CROWDED)
    assert "服务止于 125 万（Supabase：流量）" in texts(CROWDED, "zh-Hans")
    assert not any("Stops" in text for text in texts(PRODUCT))


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("requests", [1, 53_687, 60_000, 100_000, 1_250_000, 4 * 10**6, 10**9])
def test_no_label_lies_on_a_mark(requests: int, language: str) -> None:
    root = drawn(cost_report(service(max_instances=2), profile(requests)), language)
    marks = [
        [float(number) for number in re.findall(r"[\d.]+", path.get("d", ""))]
        for path in root.iter(f"{SVG}path")
        if path.get("class") in ("free", "stops", "refused")
    ]
    for text in root.iter(f"{SVG}text"):
        x, y = float(text.get("x", "")), float(text.get("y", ""))
        if "label" in str(text.get("class")):
            start, end = Place(x, y, str(text.get("text-anchor"))).span(text_width(str(text.text)))
            # A mark without room on either side has its text's own halo to stand out from it.
            crossed = [at for at, top, _ in marks if start < at < end and top < y]
            assert not crossed, text.text


def test_refusals_are_marked_where_they_are_in_sight() -> None:
    assert "Requests are refused from 67M" in texts(PAID)
    assert not any("refused" in text for text in texts(PRODUCT))


def test_google_s_part_is_drawn_where_supabase_costs_something() -> None:
    assert "Google Cloud alone" in texts(PAID)
    assert "Google Cloud alone" not in texts(PRODUCT)


def test_chinese() -> None:
    said = texts(PAID, "zh-Hans")
    assert "每月费用" in said
    assert "免费额度止于 5.37 万（网络：发往浏览器的流量）" in said
    assert {"1 万", "10 万", "100 万", "1000 万", "1 亿"} <= set(said)


def test_both_languages_name_every_limit() -> None:
    everything = TrafficProfile(
        jobs=Decimal(4),
        builds=Decimal(10_000),
        image_size=Decimal(10**10),
        file_size=Decimal(10**10),
        database_size=Decimal(10**10),
        cached_download_size=Decimal(10**6),
        startup=Decimal(2),
    )
    secrets = {f"S{n}": SecretRef(f"s{n}") for n in range(1_000)}
    found = cost_report(service(secrets=secrets), everything).limits
    assert {limit.code for limit in found} == set(CHINESE.items)
    for limit in found:
        assert CHINESE.item(limit) == CHINESE.items[limit.code]
        assert ENGLISH.item(limit).startswith(limit.service)


def test_a_label_takes_the_first_place_with_room() -> None:
    left, right, above = Place(88, 50, "end"), Place(112, 50, "start"), Place(100, 20, "middle")
    label = "12345"  # 37 px
    paper = {"left": 0, "right": 200}
    assert first_free([left, right], label, Obstacles(**paper)) == left
    assert first_free([left, right], label, Obstacles(**paper, upright=[60])) == right
    rising = [(0.0, 60.0), (200.0, 40.0)]
    assert first_free([left, above], label, Obstacles(**paper, curve=rising)) == above
    assert first_free([left, above], label, Obstacles(left=60, right=200)) == above
    # Where nothing has room, at least on the paper.
    assert first_free([left, right], label, Obstacles(60, 200, upright=[120])) == right


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="tlh"):
        chart_svg(PRODUCT, growth(PRODUCT), language="tlh")


@pytest.mark.parametrize("report", [PRODUCT, PAID], ids=["free", "paid"])
def test_the_picture_is_said_in_words_and_holds_no_script(report: CostReport) -> None:
    root = drawn(report)
    assert root.get("role") == "img"
    described = root.find(f"{SVG}desc")
    assert described is not None
    assert "Free tier ends" in str(described.text)
    svg = chart_svg(report, growth(report))
    assert not any(word in svg for word in ("<script", "href", "url(", "nan", "inf "))
    assert "prefers-color-scheme: dark" in svg


@pytest.mark.parametrize("report", [PRODUCT, PAID], ids=["free", "paid"])
def test_everything_is_within_the_paper(report: CostReport) -> None:
    root = drawn(report)
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    for element in root.iter(f"{SVG}text"):
        x, y = float(element.get("x", "")), float(element.get("y", ""))
        start, end = Place(x, y, element.get("text-anchor", "start")).span(
            text_width(str(element.text))
        )
        assert start >= 0, element.text
        assert end <= width, element.text
        assert 0 < y < height


def test_a_service_without_traffic_has_a_chart() -> None:
    assert drawn(cost_report(service(), traffic(0))) is not None


def test_what_is_never_free_is_said_beside_the_end_of_the_rest() -> None:
    many = cost_report(service(), traffic(1_000, builds=3_000, build_minutes=1))
    assert "Beyond its free amount at any traffic: Cloud Build, build time" in texts(many)
    assert any(text.startswith("Free tier ends at") for text in texts(many))


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (500, "500", "500"),
        (53_687, "53.7k", "5.37 万"),
        (1_250_000, "1.25M", "125 万"),
        (10**9, "1B", "10 亿"),
    ],
)
def test_numbers_are_short(value: int, english: str, chinese: str) -> None:
    assert (ENGLISH.number(value), CHINESE.number(value)) == (english, chinese)


def test_png_is_a_picture_of_twice_the_size() -> None:
    pytest.importorskip("resvg_py", reason="resvg-py is not installed; hipflask[cloud] has it")
    png = chart_png(chart_svg(PRODUCT, growth(PRODUCT)))
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(png[16:20]) == 1600


def test_png_without_the_renderer_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(ConfigError, match="resvg-py") as raised:
        chart_png("<svg/>")
    assert "hipflask[cloud]" in raised.value.hint
