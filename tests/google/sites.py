"""The hosts for which the fake has a certificate, and who answers for each."""

from __future__ import annotations

import re

from tests.google.builds import Builds
from tests.google.errors import HTMLError
from tests.google.front_end import FrontEnd
from tests.google.registry import Registry
from tests.google.web import WebAnswer, WebRequest, answer, page

BUILD_LOGS = "storage.googleapis.com"


class Sites:
    """run.app, the image registries, and the logs of builds."""

    def __init__(self, front_end: FrontEnd, registry: Registry, builds: Builds) -> None:
        self.front_end = front_end
        self.registry = registry
        self.builds = builds

    def knows(self, host: str) -> bool:
        """Tell whether a tunnel to this host is granted."""
        return host.endswith((".run.app", "-docker.pkg.dev")) or host == BUILD_LOGS

    def answer(self, request: WebRequest) -> WebAnswer:
        """Answer by the host that the request itself names."""
        if request.host.endswith("-docker.pkg.dev"):
            return self.registry.answer(request)
        if request.host == BUILD_LOGS:
            offset = re.search(r"bytes=(\d+)-", request.header("Range"))
            return answer(*self.builds.log(request.path, int(offset[1]) if offset else 0))
        if request.host.endswith(".run.app"):
            return self.front_end.answer(request)
        return page(HTMLError(404, "Not Found", "The fake does not answer for this host."))
