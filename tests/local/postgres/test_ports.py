"""Ports that are taken: by whom, and what to do."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from hipflask.errors import PortInUse
from hipflask.local.postgres.ports import free_port, require_free


def test_listener_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            require_free(port, "tests")
    if sys.platform != "darwin":  # there, only root sees the processes of sockets
        assert f"process {os.getpid()}" in str(refused.value)
        assert "minute" not in str(refused.value.hint)


@pytest.mark.skipif(sys.platform != "linux", reason="the rule is Linux's")
def test_connection_that_just_ended_is_told_from_a_process() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname(), source_address=("127.0.0.1", port))
        accepted, _ = server.accept()
        client.close()  # first, so that it is the client's port that lingers
        accepted.close()
    with pytest.raises(PortInUse) as refused:
        require_free(port, "tests")
    assert "wait a minute" in str(refused.value.hint)
