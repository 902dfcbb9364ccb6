"""Identity providers of companies, as administrators keep them: GoTrue's ``/admin/sso``.

Signing in with one needs SAML, which is not served (``local/auth/not_served.py``); GoTrue keeps the
list without it, too.
"""
