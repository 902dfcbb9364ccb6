"""What to do about SQL that needs an extension which hosted Supabase has and this server lacks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import psycopg

_OTHER_SERVER: Final = (
    "Run against a PostgreSQL that has it: HIPFLASK_POSTGRES_URL names a running server,"
    " HIPFLASK_POSTGRES_BIN a folder of programs."
)
_INSTEAD: Final[Mapping[str, str]] = {
    "uuid-ossp": "Without it: gen_random_uuid() is built in, for uuid_generate_v4().",
    "pgcrypto": "Without it: gen_random_uuid(), md5() and sha256() are built in.",
    "pg_cron": "Without it: call the function from a scheduled job of the application.",
    "pg_net": "Without it: send requests from the application.",
    "http": "Without it: send requests from the application.",
    "supabase_vault": "Without it: give secrets to the application as settings.",
}
#: Functions and schemas by which an extension shows without its name.
_OWNER_OF_FUNCTION: Final[Mapping[str, str]] = {
    **dict.fromkeys(("uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v3"), "uuid-ossp"),
    **dict.fromkeys(("uuid_generate_v4", "uuid_generate_v5", "uuid_nil"), "uuid-ossp"),
    **dict.fromkeys(("crypt", "gen_salt", "digest", "hmac", "gen_random_bytes"), "pgcrypto"),
    **dict.fromkeys(("pgp_sym_encrypt", "pgp_sym_decrypt"), "pgcrypto"),
}
_OWNER_OF_SCHEMA: Final[Mapping[str, str]] = {
    "cron": "pg_cron",
    "net": "pg_net",
    "vault": "supabase_vault",
    "pgmq": "pgmq",
}
_EXTENSION: Final = re.compile(r'extension "([^"]+)" is not available')
_FUNCTION: Final = re.compile(r"function (?:\w+\.)?(\w+)\(")
_SCHEMA: Final = re.compile(r'schema "([^"]+)" does not exist|relation "(\w+)\.')


def advice_about(error: psycopg.Error) -> str:
    """Return what to do when the error comes from a missing extension, else ""."""
    name = _missing(error.sqlstate or "", error.diag.message_primary or "")
    if not name:
        return ""
    sentences = [f"This PostgreSQL does not have the extension {name}, which Supabase has."]
    sentences += [text for text in (_INSTEAD.get(name), _OTHER_SERVER) if text]
    return "\n".join(sentences)


def _missing(sqlstate: str, message: str) -> str:
    if sqlstate == "0A000" and (found := _EXTENSION.search(message)):
        return found[1]
    if sqlstate == "42883" and (found := _FUNCTION.search(message)):
        return _OWNER_OF_FUNCTION.get(found[1], "")
    if sqlstate in ("3F000", "42P01") and (found := _SCHEMA.search(message)):
        return _OWNER_OF_SCHEMA.get(found[1] or found[2], "")
    return ""
