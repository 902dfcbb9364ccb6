"""The hosts for which the fake has a certificate, and who answers for each."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.google.builds import Builds
from tests.google.errors import HTMLError
from tests.google.front_end import FrontEnd, forward
from tests.google.registry import Registry
from tests.google.web import WebAnswer, WebRequest, answer, page

BUILD_LOGS = "storage.googleapis.com"


class Sites:
    """run.app, the image registries, the logs of builds, and neighbours: host -> port here."""

    def __init__(
        self,
        front_end: FrontEnd,
        registry: Registry,
        builds: Builds,
        neighbours: Mapping[str, int],
    ) -> None:
        self.neighbours = neighbours
        self.front_end = front_end
        self.registry = registry
        self.builds = builds

    def knows(self, host: str) -> bool:
        """Tell whether a tunnel to this host is granted."""
        ours = host.endswith((".run.app", "-docker.pkg.dev")) or host == BUILD_LOGS
        return ours or host in self.neighbours

    def answer(self, request: WebRequest) -> WebAnswer:
        """Answer by the host that the request itself names."""
        if request.host in self.neighbours:
            return forward(request, self.neighbours[request.host])
        if request.host.endswith("-docker.pkg.dev"):
            return self.registry.answer(request)
        if request.host == BUILD_LOGS:
            offset = re.search(r"bytes=(\d+)-", request.header("Range"))
            return answer(*self.builds.log(request.path, int(offset[1]) if offset else 0))
        if request.host.endswith(".run.app"):
            return self.front_end.answer(request)
        return page(HTMLError(404, "Not Found", "The fake does not answer for this host."))
