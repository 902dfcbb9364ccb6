"""The page for an error in an app without ``error.html``, or whose ``error.html`` breaks."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from flask import current_app
from markupsafe import Markup

from .csrf import csrf_field
from .headers import content_security_policy
from .i18n import current_language, gettext

if TYPE_CHECKING:
    from .problems import Problem

_STYLE: Final = Markup("""
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  max-width: 34rem; margin: 15vh auto 2rem; padding: 0 1.25rem }
h1 { font-size: 1.75rem; line-height: 1.2 }
small { opacity: .75 }
input, button { font: inherit; padding: .6rem 1rem; margin: .25rem 0; min-height: 2.75rem }
label, input { display: block }
""")

_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

PLAIN_CSP: Final = content_security_policy({"style-src": [f"'sha256-{_HASH}'"]})

_PAGE: Final = Markup(
    """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<p><small>{status}</small></p>
<h1>{title}</h1>
{paragraphs}{form}
<p>{sign_in}<a href="/">{start_page}</a></p>
<p><small>{request}: <code>{request_id}</code></small></p>
</main>
</body>
</html>
"""
)


def plain_page(problem: Problem) -> str:
    """Return the page; it needs no template, no stylesheet and no database."""
    texts = [text for text in (problem.detail, problem.advice) if text]
    return _PAGE.format(
        language=current_language(),
        style=_STYLE,
        status=problem.status,
        title=problem.title,
        paragraphs=Markup("").join(Markup("<p>{}</p>\n").format(text) for text in texts),
        form=_resend_form(problem),
        sign_in=_sign_in_link(problem),
        start_page=gettext("Start page"),
        request=gettext("Request"),
        request_id=problem.request_id,
    )


def _sign_in_link(problem: Problem) -> Markup:
    """Return a link that leaves this page, and what was typed, open in its own tab."""
    if problem.status != 401:
        return Markup("")
    link = Markup('<a href="{}" target="_blank">{}</a> · ')
    return link.format(current_app.config["HIPFLASK_LOGIN_URL"], gettext("Sign in"))


def _resend_form(problem: Problem) -> Markup:
    if problem.resend is None:
        return Markup("")
    hidden = Markup('<input type="hidden" name="{}" value="{}">')
    secret = Markup('<label>{}<input type="password" name="{}" required></label>')
    rows = [hidden.format(name, text) for name, text in problem.resend.fields]
    for name in problem.resend.secrets:
        rows.append(secret.format(gettext("Type it again: %(name)s", name=name), name))
    form = Markup('<form method="post" action="{}">\n<p>{}</p>\n{}{}\n<button>{}</button>\n</form>')
    return form.format(
        problem.resend.action,
        gettext("What you typed is kept here."),
        csrf_field(),
        Markup("").join(rows),
        gettext("Send it again"),
    )
