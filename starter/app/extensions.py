"""The extensions that pages use. They hold nothing: what belongs to an app lives on the app."""

from __future__ import annotations

from hipflask import HipFlask

hip = HipFlask()
