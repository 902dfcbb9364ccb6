"""A program that runs a cluster until it is killed. Prints port, server pid and guard pid."""

from __future__ import annotations

import sys
from pathlib import Path

from hipflask.local.postgres import Cluster

cluster = Cluster(Path(sys.argv[1]), port=0)
cluster.start()
sys.stdout.write(f"{cluster.port} {cluster.server_pid} {cluster.guard_pid}\n")
sys.stdout.flush()
sys.stdin.read()
cluster.stop()
