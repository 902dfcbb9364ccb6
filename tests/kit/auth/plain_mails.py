"""Mails that show everything a template can, so that a test can build any shape of link."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.local.config.auth import TemplateConfig

_CONTENT = Path(__file__).with_name("mail.html")

plain_mails = pytest.mark.supabase(
    auth={
        "email": {
            "template": {
                name: TemplateConfig(subject=name, content_path=_CONTENT)
                for name in ("confirmation", "invite", "recovery", "magic_link", "email_change")
            }
        }
    }
)
