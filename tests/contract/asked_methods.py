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
        for asked in _python_calls(ast.parse(path.read_text(encoding="utf-8")), False)
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


def _python_calls(node: ast.AST, fails: bool) -> Iterator[Asked]:
    if isinstance(node, ast.Call):
        _, below, method = ast.unparse(node.func).partition(".auth.")
        if below and "(" not in method:
            yield Asked(method, fails)
        fails = fails or ast.unparse(node.func) in REFUSALS
    if isinstance(node, ast.With):
        fails = fails or any("pytest.raises" in ast.unparse(item) for item in node.items)
    for child in ast.iter_child_nodes(node):
        yield from _python_calls(child, fails)


def _javascript_call(call: ast.Call) -> Iterator[Asked]:
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return
    root, _, method = first.value.partition(".")
    if root == "auth":
        yield Asked(method, isinstance(call.func, ast.Attribute) and call.func.attr == "error")
