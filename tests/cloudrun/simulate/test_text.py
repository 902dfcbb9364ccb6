from __future__ import annotations

import json
from decimal import Decimal

from hipflask.cloudrun.simulate.arrivals import HOUR_MS, burst
from hipflask.cloudrun.simulate.run import simulate
from hipflask.cloudrun.simulate.text import ASSUMPTIONS, instances_at_most, simulation_text
from tests.cloudrun.cost.services import METERING, service, traffic

CROWD = simulate(
    burst(100),
    service(concurrency=1, max_instances=2),
    traffic(latency="1", startup="2"),
    METERING,
    duration_ms=HOUR_MS,
)


SHORT = traffic(latency="0.03", startup="2")


def test_text_says_what_became_of_the_requests() -> None:
    lines = simulation_text(CROWD).splitlines()
    assert lines[0] == "100 requests in 01:00:00"
    assert "Answered            16  50 % in 6,000 ms, 95 % in 10,000 ms" in lines[2]
    assert "Refused, 429        84" in lines[3]
    assert lines[-1].startswith("Next: raise max_instances")
    assert simulation_text(CROWD).isascii()


def test_advice_fits_the_result() -> None:
    calm = simulate([0], service(), traffic(), METERING)
    assert simulation_text(calm).endswith("No request was refused.")
    nothing = simulate([], service(), traffic(), METERING)
    assert simulation_text(nothing).startswith("0 requests in 00:00:00")


def test_slow_answers_are_said_where_nobody_is_refused() -> None:
    run = simulate([0, *range(60_000, 90_000, 1_000)], service(), SHORT, METERING)
    assert run.percentile(99) == 2_030
    assert simulation_text(run).endswith("refused; 1 in 100 took 2,030 ms or more.")


def test_a_month_like_this_and_the_assumptions_are_said() -> None:
    text = " ".join(simulation_text(CROWD, month=Decimal("1.5")).split())
    assert "A month like this costs $1.50 for Cloud Run alone." in text
    assert "A month like" not in simulation_text(CROWD)
    for sentence in ASSUMPTIONS:
        assert sentence in text
    assert max(len(line) for line in simulation_text(CROWD).splitlines()) <= 80


def test_instances_over_time() -> None:
    # Two until 15 minutes after the last answer, none in the rest of the hour.
    assert instances_at_most(CROWD, 4) == [2, 2, 0, 0]
    assert "  00:00:00     2  " + "#" * 40 in simulation_text(CROWD)


def test_json_holds_the_same() -> None:
    read = json.loads(json.dumps(CROWD.to_json()))
    assert read["requests"]["refused_429"] == CROWD.refused_429
    assert read["response_ms"]["p100"] == CROWD.response_ms[-1]
    assert read["instances"]["over_time"][0] == [0, 1]
    assert Decimal(read["billed_ms"]) == CROWD.billed_ms
