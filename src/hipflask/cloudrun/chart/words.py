"""The words of the cost chart, in English and in Chinese."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.limits import Limit


@dataclass(frozen=True, slots=True)
class ChartWords:
    """The chart's texts in one language; the templates take names in braces."""

    language: str
    title: str
    across: str
    total: str
    google: str
    here: str
    free_end: str
    stops: str
    refused: str
    over_anyway: str
    source: str
    # From 10^n on, a number is written in this unit.
    units: tuple[tuple[int, str], ...]
    # The names of what a limit is about; English uses the bill's own.
    items: dict[str, str]

    def item(self, limit: Limit) -> str:
        """Return what a limit is about."""
        return self.items.get(limit.code) or limit.name

    def number(self, value: int) -> str:
        """Write a number of requests, three digits at most: ``54k``, ``1.25M``, ``5.37 万``."""
        for exponent, unit in self.units:
            if value >= 10**exponent:
                return _short(Decimal(value) / 10**exponent) + unit
        return str(value)


def _short(value: Decimal) -> str:
    if value >= 1000:
        return f"{round(value)}"
    step = Decimal("0.01") if value < 10 else Decimal("0.1") if value < 100 else Decimal(1)
    return f"{value.quantize(step, ROUND_HALF_UP).normalize():f}"


ENGLISH: Final = ChartWords(
    language="en",
    title="What a month costs",
    across="Requests a month",
    total="Google Cloud and Supabase",
    google="Google Cloud alone",
    here="{cost} at {requests}",
    free_end="Free tier ends at {requests} ({item})",
    stops="Stops at {requests} ({item})",
    refused="Requests are refused from {requests}",
    over_anyway="Beyond its free amount at any traffic: {item}",
    source="List prices in US dollars before tax, read on {date} or later",
    units=((9, "B"), (6, "M"), (3, "k")),
    items={},
)

CHINESE: Final = ChartWords(
    language="zh-Hans",
    title="每月费用",
    across="每月请求数",
    total="Google Cloud 与 Supabase 合计",
    google="仅 Google Cloud",
    here="{requests}：{cost}",
    free_end="免费额度止于 {requests}（{item}）",
    stops="服务止于 {requests}（{item}）",
    refused="请求数上限 {requests}，超出的会被拒绝",
    over_anyway="不论流量多少都超出免费额度（{item}）",
    source="美元税前标价，读取日期不早于 {date}",
    units=((8, " 亿"), (4, " 万")),
    items={
        "cloud_run.cpu": "Cloud Run：CPU",
        "cloud_run.memory": "Cloud Run：内存",
        "cloud_run.requests": "Cloud Run：请求",
        "egress.internet": "网络：发往浏览器的流量",
        "artifact_registry.storage": "Artifact Registry：镜像",
        "cloud_build.minutes": "Cloud Build：构建时间",
        "secret_manager.versions": "Secret Manager：密钥版本",
        "secret_manager.accesses": "Secret Manager：读取",
        "logging.ingested": "Logging：日志",
        "scheduler.jobs": "Scheduler：定时任务",
        "supabase.users": "Supabase：月活跃用户",
        "supabase.egress": "Supabase：流量",
        "supabase.cached_egress": "Supabase：缓存流量",
        "supabase.database": "Supabase：数据库",
        "supabase.storage": "Supabase：文件",
        "cloud_run.max_instances": "Cloud Run：最大实例数",
    },
)

LANGUAGES: Final = {words.language: words for words in (ENGLISH, CHINESE)}


def money(amount: Decimal) -> str:
    """Write dollars, without cents where they say nothing."""
    return f"${amount:,.0f}" if amount >= 1000 else amounts.dollars(amount)
