"""What surrounds every request: cookie, CSRF, headers, proxy, logs, health, errors, language.

Knows Flask. Reads who is signed in only through ``signed_in.py``; no SQL and no HTTP call of its
own.
"""
