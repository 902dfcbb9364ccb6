"""Runs the stack of a folder until it is killed; says its process, address and secret key."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from hipflask.local.config import ProjectConfig
from hipflask.local.project import Project
from hipflask.local.stack import Stack

project = Project(Path(sys.argv[1]))
config = ProjectConfig.load(project.config_file, os.environ)
with Stack(project, config) as stack:
    said = {
        "pid": os.getpid(),
        "url": stack.addresses.api,
        "key": stack.keys.service_role_key,
        "database": stack.database_url,
    }
    print(json.dumps(said), flush=True)
    while not stack.stop_requested.wait(3600):
        time.sleep(0)
