"""Images that stand in for `python:3.12-slim` and `node:22-slim`, for want of an image registry.

Made by hand from this machine's own Python and Node: the programs, the libraries that they name,
a shell. As in the official image, the standard library comes without its bytecode. What this does
not show is how the official images differ: their Debian release, their patch level.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PYTHON = "localhost/hipflask-stand-in-python"
NODE = "localhost/hipflask-stand-in-node"
BASICS = ("sh", "env", "ls", "cat", "mkdir", "uname")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# Loaded by name, so that no other file names them.
BY_NAME = (
    *("libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2", "libgcc_s.so.1", "libm.so.6"),
    *("libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libstdc++.so.6"),
)


def buildah(*arguments: str, folder: Path | None = None) -> str:
    """Run buildah; return what it prints. A root user needs no runtime for RUN: chroot will do."""
    environment = {"BUILDAH_ISOLATION": "chroot", **os.environ}
    done = subprocess.run(
        ["buildah", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"buildah {arguments[0]}: {done.stderr[-3000:]}"
    return done.stdout.strip()


def make_bases() -> None:
    """Make both images, anew each time: it takes a few seconds."""
    for name, fill in ((PYTHON, _fill_python), (NODE, _fill_node)):
        container = buildah("from", "scratch")
        try:
            root = Path(buildah("mount", container))
            _fill_basics(root)
            fill(root)
            settings = [
                *("--env", "PATH=/usr/local/bin:/usr/bin:/bin"),
                *("--env", f"PIP_CERT={CERTIFICATES}", "--env", f"SSL_CERT_FILE={CERTIFICATES}"),
                *("--env", f"NODE_EXTRA_CA_CERTS={CERTIFICATES}"),
            ]
            buildah("config", *settings, container)
            buildah("umount", container)
            buildah("commit", "--quiet", container, name)
        finally:
            buildah("rm", container)


def _fill_basics(root: Path) -> None:
    for folder in (
        "tmp",
        "proc",
        "sys",
        "dev",
        "etc",
        "usr/bin",
        "usr/lib",
        "usr/lib64",
        "var/tmp",
    ):
        (root / folder).mkdir(parents=True)
    for name in ("bin", "lib", "lib64"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "tmp").chmod(0o1777)
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/nsswitch.conf").write_text("hosts: files dns\n")
    certificates = root / CERTIFICATES.relative_to("/")
    certificates.parent.mkdir(parents=True)
    shutil.copy(CERTIFICATES, certificates)
    for name in BASICS:
        _copy_program(Path(shutil.which(name) or name), root / "usr/bin" / name, root)


def _fill_python(root: Path) -> None:
    version = f"python3.{sys.version_info.minor}"
    target = root / "usr/local"
    (target / "bin").mkdir(parents=True)
    _copy_program(Path(sys.base_prefix, "bin", version), target / "bin" / version, root)
    for name in ("python", "python3"):
        (target / "bin" / name).symlink_to(version)
    library = Path(sys.base_prefix, "lib", version)
    skip = shutil.ignore_patterns("__pycache__", "test", "site-packages", "config-*", "*.a")
    shutil.copytree(library, target / "lib" / version, ignore=skip, symlinks=True)
    for module in (library / "lib-dynload").glob("*.so"):
        _copy_libraries(module, root)
    packages = target / "lib" / version / "site-packages"
    packages.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--target"]
    subprocess.run([*pip, str(packages), "pip"], check=True, capture_output=True)
    shutil.rmtree(packages / "bin", ignore_errors=True)
    program = target / "bin/pip"
    program.write_text('#!/bin/sh\nexec python3 -m pip "$@"\n')
    program.chmod(0o755)


def _fill_node(root: Path) -> None:
    node = Path(shutil.which("node") or "").resolve()
    _copy_program(node, root / "usr/bin/node", root)
    npm = Path(shutil.which("npm") or "").resolve()  # …/npm/bin/npm-cli.js
    shutil.copytree(npm.parents[1], root / "usr/lib/node_modules/npm", symlinks=True)
    (root / "usr/bin/npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")


def _copy_program(source: Path, target: Path, root: Path) -> None:
    shutil.copy(source.resolve(), target)
    _copy_libraries(source, root)


def _copy_libraries(file: Path, root: Path) -> None:
    """Copy what the file is linked with, each to where it is here."""
    done = subprocess.run(["ldd", str(file)], capture_output=True, text=True)
    words = [word for word in done.stdout.split() if word.startswith("/")]
    folders = {Path(word).parent for word in words if "libc.so" in word}
    libraries = {Path(word) for word in words if not word.endswith(":")}
    libraries |= {folder / name for folder in folders for name in BY_NAME}
    for library in libraries:
        target = root / library.relative_to("/")
        if library.exists() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library.resolve(), target)
