"""The servers that bench/storage.py compares: this stack, npm's @supabase/lite, and nginx."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.start_time import prepare_peer  # noqa: E402
from bench.storage_load import KeptAlive, Load  # noqa: E402

BUCKET = "bench"
_LARGEST = "200MiB"
_LONGEST_START = 120
_DELETED_AT_ONCE = 1000


@dataclass(frozen=True)
class Contender:
    """A server that runs."""

    name: str
    port: int
    prefix: str
    method: str
    headers: Sequence[tuple[str, str]]
    #: Where uploads lie, for a server that cannot delete many by HTTP.
    folder: Path | None = None

    def upload(self, body: bytes, name: str = "{name}") -> Load:
        """Return the load that uploads ``body`` under new names."""
        headers = [*self.headers, ("Content-Type", "application/octet-stream")]
        return Load(self.port, self.method, self.prefix + name, headers, body)

    def download(self, name: str, size: int) -> Load:
        """Return the load that downloads one object again and again."""
        return Load(self.port, "GET", self.prefix + name, self.headers, expected=size)

    def put(self, name: str, body: bytes) -> None:
        """Upload one object."""
        load = self.upload(body, name)
        KeptAlive(self.port).ask(load.method, load.path, load.headers, load.body)

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects."""
        if self.folder is not None:
            for name in names:
                (self.folder / name).unlink()
            return
        line = KeptAlive(self.port)
        headers = [*self.headers, ("Content-Type", "application/json")]
        path = f"/storage/v1/object/{BUCKET}"
        for start in range(0, len(names), _DELETED_AT_ONCE):
            some = {"prefixes": list(names[start : start + _DELETED_AT_ONCE])}
            line.ask("DELETE", path, headers, json.dumps(some).encode())


@contextmanager
def hipflask(folder: Path, *, durable: bool) -> Iterator[Contender]:
    """Run the stack of an empty project. ``durable=False`` waits for the disk nowhere."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "supabase").mkdir(parents=True)
    api, database, mailbox, smtp = _free_ports(4)
    (folder / "supabase/config.toml").write_text(
        f'project_id = "bench"\n[api]\nport = {api}\n[db]\nport = {database}\n'
        f"[local_smtp]\nport = {mailbox}\nsmtp_port = {smtp}\n"
        f'[storage]\nfile_size_limit = "{_LARGEST}"\n'
    )
    command = [sys.executable, __file__, str(folder), "durable" if durable else "loose"]
    key_file = folder / "key"
    with _running(command, folder, key_file.exists, os.environ):
        headers = _credentials(key_file.read_text())
        name = "Hipflask" if durable else "Hipflask without fsync"
        yield _with_bucket(name, api, headers)


@contextmanager
def lite(folder: Path) -> Iterator[Contender]:
    """Run @supabase/lite with its experimental Storage, as `lite init` sets it up."""
    peer = prepare_peer(folder, "storage-project")
    config = peer.folder / "supabase/config.toml"
    if "[storage]" not in config.read_text():
        limit = f'\n[storage]\nenabled = true\nfile_size_limit = "{_LARGEST}"\n'
        config.write_text(config.read_text() + limit)
    temporary = peer.folder / "supabase/.temp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    port = int(peer.urls[0].split(":")[2].partition("/")[0])
    environ = {**os.environ, "EXPERIMENTAL_STORAGE": "1"}
    with _running(peer.command, peer.folder, lambda: _is_open(port), environ):
        lines = (peer.folder / ".env").read_text().splitlines()
        secret = dict(line.split("=", 1) for line in lines)["SUPABASE_SECRET_KEY"]
        yield _with_bucket("@supabase/lite", port, _credentials(secret))


@contextmanager
def nginx(folder: Path) -> Iterator[Contender]:
    """Run nginx over a folder; uploads go by its WebDAV module, which does not wait for the disk.

    Its settings are Debian's own, but for connections that stay open and bodies of any size.
    """
    shutil.rmtree(folder, ignore_errors=True)
    files = folder / "files"
    files.mkdir(parents=True)
    (port,) = _free_ports(1)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"""{user} daemon off; worker_processes auto;
pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
  sendfile on; tcp_nopush on; access_log {folder}/access.log; keepalive_requests 1000000;
  client_max_body_size 0; client_body_temp_path {folder}/body;
  server {{ listen 127.0.0.1:{port}; root {files}; location / {{ dav_methods PUT; }} }}
}}
"""
    )
    (folder / "body").mkdir()
    command = ["nginx", "-c", str(folder / "nginx.conf")]
    with _running(command, folder, lambda: _is_open(port), os.environ):
        yield Contender("nginx", port, "/", "PUT", (), files)


def _with_bucket(name: str, port: int, headers: Sequence[tuple[str, str]]) -> Contender:
    line = KeptAlive(port)
    body = json.dumps({"id": BUCKET, "name": BUCKET, "public": False}).encode()
    line.ask("POST", "/storage/v1/bucket", [*headers, ("Content-Type", "application/json")], body)
    return Contender(name, port, f"/storage/v1/object/{BUCKET}/", "POST", headers)


def _credentials(key: str) -> list[tuple[str, str]]:
    return [("apikey", key), ("Authorization", f"Bearer {key}")]


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def _running(
    command: Sequence[str],
    folder: Path,
    is_ready: Callable[[], bool],
    environ: Mapping[str, str],
) -> Iterator[None]:
    """Start a server and wait until it is ready; stop it at the end."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _LONGEST_START
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{' '.join(command)} does not start")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _serve(folder: Path, *, durable: bool) -> None:
    """Run the stack of a folder until SIGTERM; once it answers, its key lies in the folder."""
    from hipflask.local.config import ProjectConfig
    from hipflask.local.project import Project
    from hipflask.local.stack import Stack

    project = Project(folder)
    config = ProjectConfig.load(project.config_file, os.environ)
    with Stack(project, config, durable=durable) as stack:
        signal.signal(signal.SIGTERM, lambda *_: stack.stop_requested.set())
        written = folder / "key.new"
        written.write_text(stack.keys.service_role_key)
        written.rename(folder / "key")
        while not stack.stop_requested.wait(1):
            pass


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), durable=sys.argv[2] == "durable")
