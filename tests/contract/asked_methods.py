"""Which methods of the official clients the tests beside this file call, read from their source.

A call inside ``js.error(…)``, a ``with pytest.raises`` or the lambda of ``refusal`` is one that the
test expects to fail; every other is one that must succeed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
#: The functions of refusals.py.
REFUSALS: Final = ("refusal", "reason")


class Asked(NamedTuple):
    """A method by its path below ``auth``, and whether it is to fail."""

    method: str
    fails: bool


def in_python() -> set[Asked]:
    """Return what the tests of supabase-py call."""
    return {
        asked
        for path in HERE.glob("test_supabase_py*.py")
        for asked in _python_calls(ast.parse(path.read_text(encoding="utf-8")), False, {})
    }


def in_javascript() -> set[Asked]:
    """Return what the tests of supabase-js call."""
    return {
        asked
        for path in HERE.glob("test_supabase_js*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for asked in _javascript_call(node)
    }


def _python_calls(node: ast.AST, fails: bool, names: dict[str, str]) -> Iterator[Asked]:
    """Yield the calls below ``node``; ``names`` are those of variables and what they stand for."""
    if isinstance(node, ast.FunctionDef):
        names = _objects_of_the_client(node)
    if isinstance(node, ast.Call):
        root, dot, path = ast.unparse(node.func).partition(".")
        _, below, method = f"{names.get(root, root)}{dot}{path}".partition(".auth.")
        if below and "(" not in method:
            yield Asked(method, fails)
        fails = fails or ast.unparse(node.func) in REFUSALS
    if isinstance(node, ast.With):
        fails = fails or any("pytest.raises" in ast.unparse(item) for item in node.items)
    for child in ast.iter_child_nodes(node):
        yield from _python_calls(child, fails, names)


def _objects_of_the_client(function: ast.FunctionDef) -> dict[str, str]:
    """Return variables such as ``admin = supabase.auth.admin``, by name."""
    found: dict[str, str] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target, value in _pairs(node):
                if isinstance(target, ast.Name) and isinstance(value, ast.Attribute):
                    found[target.id] = ast.unparse(value)
    return found


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from zip(target.elts, node.value.elts, strict=True)
        else:
            yield target, node.value


def _javascript_call(call: ast.Call) -> Iterator[Asked]:
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return
    root, _, method = first.value.partition(".")
    if root == "auth":
        yield Asked(method, isinstance(call.func, ast.Attribute) and call.func.attr == "error")
