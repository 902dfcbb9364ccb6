"""A form as a page shows it: what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request


@dataclass
class Form:
    """Values and problems. ``general`` is about the whole form, ``fields`` about single fields.

    ``status`` is that of the page which shows the form again.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    general: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    status: int = 422

    @classmethod
    def sent(cls) -> Form:
        """Return the form that this request carries."""
        return cls(values=request.form.to_dict())

    def value(self, name: str) -> str:
        """Return what was typed; empty when nothing was."""
        return self.values.get(name, "")

    def text(self, name: str) -> str:
        """Return what was typed without space around it."""
        return self.value(name).strip()

    @property
    def errors(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.general or self.fields)
