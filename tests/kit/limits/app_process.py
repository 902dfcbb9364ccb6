"""One process of an app with several: serves limited pages over HTTP until its input ends."""

from __future__ import annotations

import os
import sys
import threading

from cheroot.wsgi import Server
from flask import Flask

from hipflask import HipFlask, Limit, errors, rate_limit
from hipflask.kit.extension import AppState


def make_app() -> Flask:
    app = Flask("app_process")
    hip = HipFlask()
    hip.init_app(app, environ=os.environ)

    @app.get("/api/limited")
    @rate_limit(Limit(100, per=36_000))
    def limited() -> dict[str, bool]:
        return {"answered": True}

    @app.get("/api/guess")
    def guess() -> dict[str, bool]:
        with app.extensions["hipflask"].guesses.of_account(
            "password", "ann@example.com", "9.9.9.9"
        ):
            raise errors.InvalidCredentials("no")

    return app


def main() -> None:
    # The kit's log goes to standard output; here that belongs to the port.
    answers, sys.stdout = sys.stdout, sys.stderr
    app = make_app()
    state: AppState = app.extensions["hipflask"]
    server = Server(("127.0.0.1", 0), app, numthreads=12, request_queue_size=256)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    print(server.bind_addr[1], file=answers, flush=True)
    sys.stdin.read()
    server.stop()
    thread.join()
    state.close()


if __name__ == "__main__":
    main()
