"""The REST API against its own OpenAPI document, by schemathesis with all of its checks.

It makes requests that fit the document and requests that do not, follows the document's links, and
looks at each answer: no 500, no undocumented status, nothing that the schema does not allow,
nothing taken that it forbids, nothing refused that it allows. ``HIPFLASK_OPENAPI_EXAMPLES`` says
how many requests each operation gets (2,500 make more than 20,000 in all).
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hipflask.testing.factory import BackendFactory
from tests.browser.live_app import LiveApp, live_app

HERE = Path(__file__).parent
EXAMPLES = os.environ.get("HIPFLASK_OPENAPI_EXAMPLES", "40")


@pytest.fixture
def live(supabase_factory: BackendFactory) -> Iterator[LiveApp]:
    """The starter with the settings of its own config.toml."""
    with live_app(supabase_factory) as running:
        yield running


def test_the_api_is_as_documented(live: LiveApp) -> None:
    pytest.importorskip("schemathesis")
    token = live.backend.signed_in("ada@example.com").access_token
    outcome = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml"),
            *("run", f"{live.url}/api/openapi.json", "--header", f"Authorization: Bearer {token}"),
            *("--checks", "all", "--max-examples", EXAMPLES, "--seed", "1", "--workers", "2"),
        ],
        cwd=HERE,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1800,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout[-20_000:] + outcome.stderr[-2_000:]
    made = re.search(r"([0-9]+) generated", outcome.stdout)
    assert made is not None, outcome.stdout
    assert int(made[1]) > 5 * int(EXAMPLES)
    print(f"{made[1]} requests", file=sys.stderr)
