"""How often a visitor may ask for what costs: the limits that pages share."""

from __future__ import annotations

from hipflask import Limit

MAILS = Limit(20, per=600, name="mails")
"""Mails to addresses that the visitor names, from all pages together: 20 at once, 2 a minute."""
