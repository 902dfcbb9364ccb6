"""What a clone would have, in a folder and on ports of its own. Standard library only."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def copy_tracked(folder: Path) -> None:
    """Copy what git tracks: what a clone would have."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def use_free_ports(config: Path) -> int:
    """Give the copy ports that nobody uses; return one for the application."""
    text = config.read_text(encoding="utf-8")
    sockets = []

    def free(_: re.Match[str] | None = None) -> int:
        sockets.append(socket.socket())
        sockets[-1].bind(("127.0.0.1", 0))
        return int(sockets[-1].getsockname()[1])

    text = re.sub(r"(?m)^(port|smtp_port) = \d+", lambda match: f"{match[1]} = {free()}", text)
    app_port = free()
    config.write_text(text.replace(":8080", f":{app_port}"), encoding="utf-8")
    for each in sockets:
        each.close()
    return app_port


def answers(url: str) -> bool:
    """Tell whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
