"""Signing in with Supabase Auth: client, tokens, sessions, e-mail flows and their links.

Talks to Supabase Auth over HTTP and to schema ``hipflask`` over SQL. Only ``service.py`` knows
Flask.
"""
