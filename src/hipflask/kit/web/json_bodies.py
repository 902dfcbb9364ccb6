"""JSON that comes in, read so that no text can break the reader."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.json.provider import DefaultJSONProvider


class CautiousJson(DefaultJSONProvider):
    """Flask's own JSON, for which nesting too deep is malformed instead of a mistake of ours."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON; raise ValueError, which Flask answers with 400."""
        try:
            return super().loads(s, **kwargs)
        except RecursionError as error:
            raise ValueError("the JSON is nested too deeply") from error


def read_json_cautiously(app: Flask) -> None:
    """Give the app the cautious reader, unless it brought a reader of its own."""
    if type(app.json) is DefaultJSONProvider:
        app.json = CautiousJson(app)
