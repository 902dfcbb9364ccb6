"""A safe interpreter of the part of Go's html/template that mail templates use.

Pure: text and data in, text out. Only mappings, lists, strings and numbers are looked into,
never a Python attribute or method, so a template cannot reach anything it was not given.
``scanner`` -> ``parser`` and ``expressions`` -> ``nodes`` -> ``runner``; ``contexts`` knows where
in the HTML a value lands and ``escapers`` makes it harmless there. CSS is coarser than in Go: a
value inside a style must be a plain word or number.
"""

from hipflask.local.auth.gotemplate.runner import Template
from hipflask.local.auth.gotemplate.scanner import TemplateError

__all__ = ["Template", "TemplateError"]
