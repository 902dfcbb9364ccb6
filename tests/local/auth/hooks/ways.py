"""Both ways in which Auth asks a project: a function of its database, a service over HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg

from hipflask.local.config import HookConfig

KEY = b"0123456789abcdef01234567"
SECRET = "v1,whsec_" + base64.b64encode(KEY).decode()
JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass
class FunctionHook:
    """public.hook, which keeps what it is asked and answers as told."""

    database: psycopg.Connection[tuple[Any, ...]]

    @property
    def config(self) -> HookConfig:
        return HookConfig(True, "pg-functions://postgres/public/hook")

    def __post_init__(self) -> None:
        self.database.execute(
            """drop table if exists public.asked;
            create table public.asked (number int generated always as identity, event jsonb);
            grant insert on public.asked to supabase_auth_admin;"""
        )
        self.define("return '{}'")

    def define(self, body: str, *, argument: str = "jsonb", returns: str = "jsonb") -> None:
        """Let the function have this body in PL/pgSQL; it sees ``event``."""
        self.database.execute(
            f"""drop function if exists public.hook;
            create function public.hook(event {argument}) returns {returns} language plpgsql as
            $hook$ begin
              insert into public.asked (event) values (event);
              {body};
            end $hook$"""
        )

    def answer(self, answer: Any) -> None:
        text = json.dumps(answer).replace("'", "''")
        self.define(f"return '{text}'")

    def set_claim(self, name: str, value: Any) -> None:
        self.define(f"return jsonb_set(event, '{{claims,{name}}}', '{json.dumps(value)}')")

    @property
    def events(self) -> list[Any]:
        rows = self.database.execute("select event from public.asked order by number")
        return [event for (event,) in rows]


@dataclass
class Reply:
    """What the service answers to one request."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    kind: str = ""  # "hang": no answer; "hang up": closes instead; "trickle": never ends


@dataclass
class ServiceHook:
    """A server on the loopback address, which keeps what it is asked and answers as told."""

    port: int = 0
    events: list[Any] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    first: list[Reply] = field(default_factory=list)
    then: Reply = field(default_factory=Reply)
    claim: tuple[str, Any] | None = None
    meanwhile: Callable[[], object] = lambda: None
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def config(self) -> HookConfig:
        return HookConfig(True, f"http://127.0.0.1:{self.port}/hook", SECRET)

    def answer(self, answer: Any) -> None:
        self.then = Reply(body=json.dumps(answer).encode())

    def set_claim(self, name: str, value: Any) -> None:
        self.claim = (name, value)

    def take(self, headers: dict[str, str], body: bytes) -> Reply:
        self.requests.append(headers)
        self.bodies.append(body)
        self.events.append(json.loads(body))
        self.meanwhile()
        reply = self.first.pop(0) if self.first else self.then
        if self.claim is not None:
            claims = self.events[-1]["claims"] | {self.claim[0]: self.claim[1]}
            return Reply(body=json.dumps({"claims": claims}).encode())
        return reply


def is_signed(headers: dict[str, str], body: bytes, key: bytes = KEY) -> bool:
    """Check one of the signatures as the Standard Webhooks specification says."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return f"v1,{expected}" in headers["webhook-signature"].split(", ")


@contextmanager
def serving() -> Iterator[ServiceHook]:
    """Run the service until the block ends."""
    hook = ServiceHook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            reply = hook.take({name.lower(): text for name, text in self.headers.items()}, body)
            if reply.kind == "hang":
                hook.over.wait()
            if reply.kind in ("hang", "hang up"):
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.end_headers()
            if reply.kind == "trickle":
                with suppress(OSError):  # the client has hung up
                    while not hook.over.wait(0.02):
                        self.wfile.write(b" ")
            elif reply.status != 204:
                self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in http
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield hook
        finally:
            hook.over.set()
            server.shutdown()
            thread.join()
