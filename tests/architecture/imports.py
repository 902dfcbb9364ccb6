"""Reads which modules a source tree imports, without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import: who imports which module, and which name of it (if it says one)."""

    importer: str
    module: str
    name: str | None
    place: str

    @property
    def target(self) -> str:
        """The dotted path of what is imported."""
        return self.module if self.name is None else f"{self.module}.{self.name}"


def imports_of(root: Path, package: str) -> Iterator[Import]:
    """Yield every import below ``root``, whose own dotted name is ``package``.

    Relative imports are resolved; imports inside functions and under TYPE_CHECKING count too.
    """
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        parts = [package, *relative.with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        if is_package:
            parts.pop()
        yield from _imports_in(path, parts, is_package)


def _imports_in(path: Path, parts: list[str], is_package: bool) -> Iterator[Import]:
    importer = ".".join(parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(importer, alias.name, None, f"{path}:{node.lineno}")
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                climbed = node.level - (1 if is_package else 0)
                base = parts[: len(parts) - climbed]
                module = ".".join([*base, module] if module else base)
            for alias in node.names:
                yield Import(importer, module, alias.name, f"{path}:{node.lineno}")


def room(dotted: str, depth: int) -> str:
    """Return the part of a dotted path that names its room; empty for the package itself."""
    parts = dotted.split(".")
    return parts[depth] if len(parts) > depth else ""
