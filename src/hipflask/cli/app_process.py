"""The child process of `hipflask dev`: serves the project's application until its parent is gone.

The first line of standard input says what to serve; the end of standard input says stop. The
system closes that pipe when the parent dies in whatever way, so no orphan can stay.
"""

from __future__ import annotations

import gc
import html
import importlib
import json
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hipflask.errors import HipFlaskError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BROKEN_HEADER = "X-Hipflask-Dev"
THREADS = 16
_FAREWELL_SECONDS = 3.0


def main() -> None:
    """Serve until standard input ends."""
    _leave_ctrl_c_to_the_parent()
    orders = json.loads(sys.stdin.buffer.readline())
    root = Path(orders["root"])
    sys.path.insert(0, str(root))
    # On Windows the parent cannot hand a socket over, so the port is bound here.
    listener = socket.socket(fileno=orders["fd"]) if orders["fd"] is not None else None
    server: Any = None

    def stop_with_parent() -> None:
        # By number: Python cannot end itself while a thread waits in the buffered reader.
        while os.read(sys.stdin.fileno(), 4096):
            pass
        threading.Timer(_FAREWELL_SECONDS, os._exit, (0,)).start()
        if server is not None:
            server.stop()
        os._exit(0)

    threading.Thread(target=stop_with_parent, name="parent", daemon=True).start()
    # What an application makes when it is loaded stays: looking for garbage would only take time.
    gc.disable()
    explanation = orders["explanation"]
    app = broken_app(explanation) if explanation else load_app(orders["app"], root)

    from hipflask.local.http_server import HttpServer

    server = HttpServer(
        app, listener=listener, port=orders["port"], threads=THREADS, name="the application"
    )
    gc.enable()
    server.start()
    threading.Event().wait()


def load_app(name: str, root: Path) -> WSGIApplication:
    """Return the application that ``module:attribute`` names, or a page that says what is wrong.

    ``module:function()`` is called, as gunicorn does.
    """
    try:
        module, _, attribute = name.partition(":")
        found = importlib.import_module(module)
        for part in attribute.removesuffix("()").split("."):
            found = getattr(found, part)
        app: Any = found() if attribute.endswith("()") else found  # type: ignore[operator]
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        shown = _explanation(error, root)
        print(shown, file=sys.stderr, flush=True)  # noqa: T201  it is the terminal of the parent
        return broken_app(shown)
    config = getattr(app, "config", None)
    if config is not None and config.get("PROPAGATE_EXCEPTIONS") is None:
        # Flask would give an error to the server instead of to the application's error page.
        config["PROPAGATE_EXCEPTIONS"] = False
    return app  # type: ignore[no-any-return]


def broken_app(explanation: str) -> Callable[..., Iterable[bytes]]:
    """Return an application that answers everything with the reason why there is no other."""
    page = _PAGE.format(explanation=html.escape(explanation)).encode()

    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        headers = [
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(page))),
            ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'"),
            ("Cache-Control", "no-store"),
            (BROKEN_HEADER, "broken"),
        ]
        start_response("500 Internal Server Error", headers)
        return [page]

    return app


def _explanation(error: BaseException, root: Path) -> str:
    """Return the traceback without our own frames, or just the sentence of an error of ours."""
    if isinstance(error, HipFlaskError):
        return f"{error.message}\n{error.hint}".strip()
    trace = error.__traceback__
    while trace is not None and not is_theirs(trace.tb_frame.f_code.co_filename, root):
        trace = trace.tb_next
    said = "".join(traceback.format_exception(type(error), error, trace)).strip()
    # A file's name may hold bytes that are no character.
    return said.encode(errors="backslashreplace").decode()


def is_theirs(file: str, root: Path) -> bool:
    """Tell whether a file is the application's own; its .venv, with us in it, may be there too."""
    path = Path(file)
    return path.is_relative_to(root) and "site-packages" not in path.parts


def _leave_ctrl_c_to_the_parent() -> None:
    """It decides in which order things stop; a terminal sends Ctrl-C to everybody."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "win32":
        signal.signal(signal.SIGBREAK, signal.SIG_IGN)


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="2">
<title>The application does not run</title>
<style>
body {{ margin: 0; padding: 48px 24px; font: 16px/1.5 ui-sans-serif, system-ui, sans-serif;
  background: Canvas; color: CanvasText; }}
main {{ max-width: 860px; margin: 0 auto; }}
h1 {{ font-size: 28px; margin: 0 0 8px; letter-spacing: -0.01em; }}
pre {{ margin: 24px 0 0; padding: 16px; overflow-x: auto; border: 1px solid GrayText;
  border-radius: 12px; font: 14px/1.6 ui-monospace, Menlo, Consolas, monospace; }}
</style>
</head>
<body>
<main>
<h1>The application does not run</h1>
<p>When a file is saved, it is started again, and this page shows it.</p>
<pre tabindex="0">{explanation}</pre>
</main>
</body>
</html>
"""

if __name__ == "__main__":
    main()
