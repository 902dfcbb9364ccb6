"""Artifact Registry's contents: repositories, images, tags."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

_REFERENCE = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/"
    r"(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>sha256:[0-9a-f]+))?"
)
HELLO = "us-docker.pkg.dev/cloudrun/container/hello"
"""Google's own public sample."""


@dataclass(frozen=True)
class Reference:
    """The parts of `us-west1-docker.pkg.dev/P/R/NAME:TAG` or `…@sha256:…`."""

    location: str
    project: str
    repository: str
    name: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """Read a reference; ``None`` when it is not of Artifact Registry's Docker hosts."""
        found = _REFERENCE.fullmatch(text)
        if found is None:
            return None
        parts = {key: value or "" for key, value in found.groupdict().items()}
        if not parts["tag"] and not parts["digest"]:
            parts["tag"] = "latest"
        return cls(**parts)


@dataclass
class Image:
    """One version of an image and the tags that point to it."""

    digest: str
    uploaded: str
    tags: list[str] = field(default_factory=list)
    size: int = 50_000_000
    media_type: str = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Repository:
    """A Docker repository: images by name, each with its versions by digest, oldest first."""

    location: str
    name: str
    created: str
    description: str = ""
    format: str = "DOCKER"
    packages: dict[str, dict[str, Image]] = field(default_factory=dict)

    def tagged(self, name: str, tag: str) -> Image | None:
        versions = self.packages.get(name, {}).values()
        return next((image for image in versions if tag in image.tags), None)

    def put(self, name: str, image: Image, tag: str) -> Image:
        """Add a version; a tag moves to it from where it was."""
        versions = self.packages.setdefault(name, {})
        image = versions.setdefault(image.digest, image)
        for each in versions.values():
            if tag in each.tags and each is not image:
                each.tags.remove(tag)
        if tag and tag not in image.tags:
            image.tags.append(tag)
        return image


def made_up_digest(text: str) -> str:
    """Return a digest for an image that has no contents."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
