"""SMTP in, on loopback: whatever an application sends to this port lands in the mailbox."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from hipflask.local.mailbox.message import Envelope
from hipflask.local.mailbox.store import Mailbox

LARGEST_MAIL = 32 * 1024 * 1024


class SmtpServer:
    """Accepts mail for everybody, with any login or none, and never sends any on.

    Give it a listening socket, or a port (0 for a free one); only loopback is bound.
    """

    def __init__(
        self, mailbox: Mailbox, port: int = 0, *, listener: socket.socket | None = None
    ) -> None:
        self._mailbox = mailbox
        self._socket = listener or socket.create_server(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self._turn = threading.Lock()
        self._stopped = False
        self._finish: Callable[[], object] | None = None
        self._thread = threading.Thread(target=self._run, name="smtp", daemon=True)

    def start(self) -> None:
        """Begin to answer. Connections that came before wait in the socket's queue."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and end the thread, even one that is still importing."""
        with self._turn:
            self._stopped = True
            finish = self._finish
        if finish is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by itself
                finish()
        if self._thread.is_alive():
            self._thread.join(2)
        self._socket.close()

    def _run(self) -> None:
        # Deferred to the thread: aiosmtpd takes 100 ms to import, and no mail is waiting yet.
        from aiosmtpd.smtp import SMTP, AuthResult

        def accept_any_login(*_: Any) -> AuthResult:
            return AuthResult(success=True)

        def protocol() -> SMTP:
            return SMTP(
                _Handler(self._mailbox),
                data_size_limit=LARGEST_MAIL,
                enable_SMTPUTF8=True,
                hostname="localhost",
                ident="Hipflask mailbox",
                auth_require_tls=False,
                authenticator=accept_any_login,
                loop=loop,
            )

        async def serve() -> None:
            done = asyncio.Event()
            with self._turn:
                if self._stopped:
                    return
                self._finish = lambda: loop.call_soon_threadsafe(done.set)
            server = await loop.create_server(protocol, sock=self._socket)
            await done.wait()
            server.close()

        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
            _cancel_all(loop)
        finally:
            loop.close()


class _Handler:
    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self._mailbox.deliver(
            bytes(envelope.content),
            Envelope(envelope.mail_from or "", tuple(envelope.rcpt_tos)),
        )
        return "250 Message kept"


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
