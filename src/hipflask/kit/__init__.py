"""The Flask extension; the only room that runs in production.

Reaches Supabase by URL and keys, never by import.
"""
