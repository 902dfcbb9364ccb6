"""One process of an app with several: asks who is signed in, from many threads at once.

Run by test_single_flight.py. Reads its orders from standard input, one JSON object a line, and
answers each with one line.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask

from hipflask import HipFlask, current_user
from hipflask.kit.extension import AppState
from hipflask.kit.web.visit import visit


class ShiftedClock:
    """The machine's clock, moved as far as the test's."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset


def make_app(clock: ShiftedClock) -> Flask:
    app = Flask("app_process")
    HipFlask().init_app(app, environ=os.environ, clock=clock)

    @app.get("/me")
    def me() -> dict[str, Any]:
        if not current_user:
            return {"who": None}
        return {"who": current_user.email, "token": visit().session.access_token}

    return app


def ask_at_once(app: Flask, cookie: str, threads: int) -> list[Any]:
    """Send one request from each of many threads, as nearly at once as can be."""
    answers: list[Any] = []
    start = threading.Barrier(threads)

    def ask() -> None:
        client = app.test_client()
        client.set_cookie("__session", cookie, domain="127.0.0.1")
        start.wait(30)
        answers.append(client.get("/me", base_url=os.environ["SITE_URL"]).get_json())

    workers = [threading.Thread(target=ask) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return answers


def main() -> None:
    # The kit's log goes to standard output; here that belongs to the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    clock = ShiftedClock()
    app = make_app(clock)
    state: AppState = app.extensions["hipflask"]
    for line in sys.stdin:
        order = json.loads(line)
        clock.offset = timedelta(seconds=order["offset"])
        text = json.dumps(ask_at_once(app, order["cookie"], order["threads"]))
        print(text, file=answers, flush=True)
    state.close()


if __name__ == "__main__":
    main()
