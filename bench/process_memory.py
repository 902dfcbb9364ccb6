"""What a tree of processes would hold in memory if it were alone in a container. Linux only.

The anonymous memory of each process, shared pages counted once (Pss_Anon and Pss_Shmem of
/proc/PID/smaps_rollup), and each mapped file once, with the largest part of it that any of the
processes holds. A cgroup's own figure leaves out files that the machine had read before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MEBIBYTE = 1024 * 1024
_HEADER = re.compile(r"[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \d+\s*(.*)")


def container_equivalent(pid: int) -> float:
    """Return the MiB of a process and all that it started."""
    anonymous = 0
    files: dict[str, int] = {}
    for each in process_tree(pid):
        rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
        anonymous += sum(
            int(found) for found in re.findall(r"(?m)^Pss_(?:Anon|Shmem):\s+(\d+)", rollup)
        )
        for name, amount in _resident_files(each).items():
            files[name] = max(files.get(name, 0), amount)
    return (anonymous + sum(files.values())) * 1024 / MEBIBYTE


def process_tree(pid: int) -> Iterator[int]:
    """Yield a process and its children, and theirs."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from process_tree(int(child))


def _resident_files(pid: int) -> dict[str, int]:
    """Return the KiB that a process holds of each file: resident and not copied on write."""
    files: dict[str, int] = {}
    name = ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if header := _HEADER.fullmatch(line):
            name = header[1]
        elif name.startswith("/"):
            key, _, value = line.partition(":")
            if key in ("Rss", "Anonymous"):
                amount = int(value.split()[0])
                files[name] = files.get(name, 0) + (amount if key == "Rss" else -amount)
    return files
