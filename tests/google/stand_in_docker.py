"""A stand-in for the docker program, for machines where no Docker engine runs.

It proves which command lines were given and in which order, that the Dockerfile was where they
said, that a tag was built before it was pushed, that gcloud was configured as the credential helper
of the registry, and that the repository was there. It proves nothing about the Dockerfile: nothing
is built, and what is pushed is a name with a made-up digest. Real docker's flags are not checked.

`install_docker(folder)` makes the program; beside it lie
* `docker-calls.jsonl`: every command line as a JSON list,
* `docker-images.json`: the tags that were built,
* and any of `fail-version`, `fail-build`, `fail-push`, `fail-tag`: the command then fails, and the
  file's text is what it says.
This file is its own source: it uses nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

BUILD_FLAGS_ALONE = (
    *(
        "--no-cache",
        "--pull",
        "--quiet",
        "-q",
        "--push",
        "--load",
        "--rm",
        "--force-rm",
        "--squash",
    ),
)


def install_docker(folder: Path) -> Path:
    """Write an executable `docker` into ``folder``, which belongs at the front of PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "docker"
    source = Path(__file__).read_text(encoding="utf-8")
    program.write_text(f"#!{sys.executable}\n{source}", encoding="utf-8")
    program.chmod(0o755)
    return program


class Docker:
    """One command; its memory is in the folder of the program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._images = folder / "docker-images.json"

    @property
    def images(self) -> dict[str, str]:
        """The digests of the tags that were built."""
        text = self._images.read_text(encoding="utf-8") if self._images.exists() else "{}"
        found: dict[str, str] = json.loads(text)
        return found

    def remember(self, name: str, digest: str) -> None:
        text = json.dumps({**self.images, name: digest}, indent=1)
        self._images.write_text(text, encoding="utf-8")

    def run(self, arguments: list[str]) -> int:
        """Note the command line and do it."""
        with (self.folder / "docker-calls.jsonl").open("a", encoding="utf-8") as calls:
            calls.write(json.dumps(arguments) + "\n")
        words = arguments[1:] if arguments[:1] in (["image"], ["buildx"]) else arguments
        verb = words[0] if words else "version"
        ordered_failure = self.folder / f"fail-{verb}"
        if ordered_failure.exists():
            text = ordered_failure.read_text(encoding="utf-8").strip()
            return fail(text or f"the stand-in was told to fail at {verb}")
        methods = {
            "build": self.build,
            "info": self.version,
            "inspect": self.inspect,
            "push": self.push,
            "tag": self.tag,
            "version": self.version,
            "--version": self.version,
        }
        if verb not in methods:
            return fail(f"docker: '{verb}' is not a docker command that the stand-in knows.")
        return methods[verb](words[1:])

    def version(self, words: list[str]) -> int:
        if "--format" in words or "-f" in words or any(it.startswith("--format=") for it in words):
            print("28.0.0-stand-in")
        else:
            print("Docker version 28.0.0-stand-in, build 0000000")
        return 0

    def build(self, words: list[str]) -> int:
        """Look for the Dockerfile, and remember the tags."""
        options, places = split(words)
        tags = options.get("-t", []) + options.get("--tag", [])
        if len(places) != 1:
            return fail('"docker build" requires exactly 1 argument.')
        folder = Path(places[0])
        named = options.get("-f", []) + options.get("--file", [])
        dockerfile = Path(named[-1]) if named else folder / "Dockerfile"
        if not folder.is_dir():
            return fail(f"unable to prepare context: path {places[0]!r} not found")
        if not dockerfile.is_file():
            return fail(
                "failed to read dockerfile: open Dockerfile: no such file or directory", "ERROR: "
            )
        seed = dockerfile.read_bytes() + json.dumps(words).encode() + os.urandom(8)
        digest = "sha256:" + hashlib.sha256(seed).hexdigest()
        for tag in tags:
            self.remember(full(tag), digest)
        print(f"#1 writing image {digest} done", file=sys.stderr)
        return 0

    def tag(self, words: list[str]) -> int:
        source, target = words
        if full(source) not in self.images:
            return fail(f"No such image: {source}", "Error response from daemon: ")
        self.remember(full(target), self.images[full(source)])
        return 0

    def inspect(self, words: list[str]) -> int:
        _, names = split(words)
        found: list[dict[str, Any]] = []
        for name in names:
            digest = self.images.get(full(name))
            if digest is None:
                print("[]")
                return fail(f"No such image: {name}", "Error response from daemon: ")
            found.append({"Id": digest, "RepoTags": [name], "Architecture": "amd64", "Os": "linux"})
        print(json.dumps(found, indent=1))
        return 0

    def push(self, words: list[str]) -> int:
        """Tell the fake of Google about the image, as a real push would."""
        _, names = split(words)
        name = full(names[0])
        digest = self.images.get(name)
        repository = name.rpartition(":")[0]
        print(f"The push refers to repository [{repository}]")
        if digest is None:
            return fail(f"An image does not exist locally with the tag: {repository}", "")
        host = name.partition("/")[0]
        if not has_helper(host):
            return fail(
                'denied: Unauthenticated request. Unauthenticated requests do not have permission "'
                f'artifactregistry.repositories.uploadArtifacts" on resource "{repository}"',
                "",
            )
        message = register(name, digest)
        if message:
            return fail(message, "")
        print(f"{name.rpartition(':')[2]}: digest: {digest} size: 1570")
        return 0


def split(words: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Part options from the rest; an option without `=` takes the next word."""
    options: dict[str, list[str]] = {}
    places: list[str] = []
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if not word.startswith("-") or word == "-":
            places.append(word)
        elif word in BUILD_FLAGS_ALONE:
            options[word] = []
        else:
            options.setdefault(name, []).append(value if equals else next(rest, ""))
    return options, places


def full(name: str) -> str:
    """Add `:latest` where there is no tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def has_helper(host: str) -> bool:
    """Tell whether docker would ask gcloud for the password of this host."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        settings = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(settings.get("credHelpers", {}).get(host) == "gcloud")


def register(name: str, digest: str) -> str:
    """Send the name to the fake; return what it has against it."""
    address = os.environ.get("FAKE_GOOGLE", "")
    if not address:
        return "the stand-in for docker needs FAKE_GOOGLE, the fake's address"
    body = json.dumps({"name": name, "digest": digest}).encode()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"{address}/_fake/images", body, timeout=30).close()
    except urllib.error.HTTPError as error:
        with error:
            answer = json.loads(error.read())["error"]
        return f"{answer['status'].lower().replace('_', ' ')}: {answer['message']}"
    return ""


def fail(text: str, prefix: str = "ERROR: ") -> int:
    print(f"{prefix}{text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(Docker(Path(__file__).resolve().parent).run(sys.argv[1:]))
