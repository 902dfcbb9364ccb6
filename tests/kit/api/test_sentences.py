"""What the API says is said in Chinese, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from hipflask.kit import api
from hipflask.kit.web.messages import BUILT_IN


def sentences() -> Iterator[str]:
    """Every literal text that the package hands to gettext."""
    for path in Path(api.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "ngettext"):
                texts = [each for each in node.args if isinstance(each, ast.Constant)]
                yield from (str(each.value) for each in texts if isinstance(each.value, str))


def test_every_sentence_is_in_chinese() -> None:
    found = set(sentences())
    assert len(found) > 20
    assert found <= set(BUILT_IN["zh-Hans"])
