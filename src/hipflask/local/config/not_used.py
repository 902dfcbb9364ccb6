"""Says which keys of ``config.toml`` have no effect here, and which nobody knows.

Only what differs from a fresh ``supabase init`` is worth a word: that file sets some hundred
keys that its owner never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ANY = object()
"""Any value goes without a word: the Supabase CLI's default changed between versions."""

# Keys of services that Hipflask does not have, with the Supabase CLI's defaults.
ELSEWHERE: Mapping[str, object] = {
    "api.auto_expose_new_tables": ANY,
    "api.tls.enabled": False,
    "api.tls.cert_path": "",
    "api.tls.key_path": "",
    "db.health_timeout": ANY,
    "db.orioledb_version": "",
    "db.root_key": ANY,
    "db.pooler.enabled": False,
    "db.pooler.port": 54329,
    "db.pooler.pool_mode": "transaction",
    "db.pooler.default_pool_size": 20,
    "db.pooler.max_client_conn": 100,
    "db.network_restrictions.enabled": False,
    "db.network_restrictions.allowed_cidrs": ["0.0.0.0/0"],
    "db.network_restrictions.allowed_cidrs_v6": ["::/0"],
    "db.ssl_enforcement.enabled": False,
    "db.settings.*": None,
    "db.vault.*": None,
    "realtime.enabled": True,
    "realtime.ip_version": "IPv4",
    "realtime.max_header_length": 4096,
    "studio.enabled": True,
    "studio.port": 54323,
    "studio.api_url": "http://127.0.0.1",
    "studio.openai_api_key": ANY,
    "storage.analytics.enabled": False,
    "storage.analytics.max_namespaces": 5,
    "storage.analytics.max_tables": 10,
    "storage.analytics.max_catalogs": 2,
    "storage.analytics.buckets.*": None,
    "storage.vector.enabled": ANY,
    "storage.vector.max_buckets": 10,
    "storage.vector.max_indexes": 5,
    "storage.vector.buckets.*": None,
    "auth.sms.twilio.*": None,
    "auth.sms.twilio_verify.*": None,
    "auth.sms.messagebird.*": None,
    "auth.sms.textlocal.*": None,
    "auth.sms.vonage.*": None,
    "auth.web3.solana.enabled": False,
    "auth.web3.ethereum.enabled": False,
    "auth.third_party.*": None,
    "functions.*": None,
    "edge_runtime.enabled": True,
    "edge_runtime.policy": "per_worker",
    "edge_runtime.inspector_port": 8083,
    "edge_runtime.deno_version": 2,
    "edge_runtime.secrets.*": None,
    "analytics.enabled": True,
    "analytics.port": 54327,
    "analytics.vector_port": ANY,
    "analytics.backend": "postgres",
    "analytics.gcp_project_id": "",
    "analytics.gcp_project_number": "",
    "analytics.gcp_jwt_path": "",
    "experimental.orioledb_version": "",
    "experimental.s3_host": ANY,
    "experimental.s3_region": ANY,
    "experimental.s3_access_key": ANY,
    "experimental.s3_secret_key": ANY,
    "experimental.webhooks.enabled": False,
    "experimental.pgdelta.*": ANY,
    "experimental.inspect.*": ANY,
    "remotes.*": ANY,
}

# Keys that are read into the typed sections, but that no service here acts on yet.
NOT_YET: Mapping[str, object] = {
    "api.enabled": True,
    "api.schemas": ["public", "graphql_public"],
    "api.extra_search_path": ["public", "extensions"],
    "api.max_rows": 1000,
    "db.shadow_port": 54320,
    "db.migrations.schema_paths": [],
    "local_smtp.pop3_port": 0,
    "inbucket.pop3_port": 0,
    "auth.captcha.enabled": False,
    "auth.captcha.provider": None,
    "auth.captcha.secret": None,
    "auth.rate_limit.web3": 30,
}


def without_effect(table: Mapping[str, Any]) -> list[str]:
    """Return the keys that the owner set on purpose and that change nothing here."""
    found: dict[str, None] = {}
    for name, value, section in leaves(table):
        default, group = _default(name)
        if default is _ACTS or default is ANY or value == default:
            continue
        # A section that is switched off asks for nothing: its other keys are idle there too.
        if section.get("enabled") is False:
            continue
        found[group] = None
    return list(found)


def unknown(table: Mapping[str, Any], known: set[str]) -> list[tuple[str, str]]:
    """Return ``(key, the closest known key or "")`` for every key that no version has."""
    # Deferred: hardly any file has such a key.
    from difflib import get_close_matches

    candidates = sorted(known | {name for name in (*ELSEWHERE, *NOT_YET) if "*" not in name})
    found = []
    for name, _, _ in leaves(table):
        if name in known or _default(name)[0] is not _ACTS:
            continue
        close = get_close_matches(name, candidates, n=1, cutoff=0.75)
        found.append((name, close[0] if close else ""))
    return found


def leaves(
    table: Mapping[str, Any], path: str = ""
) -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield ``(dotted key, value, the section it stands in)`` for every value of a table."""
    for key, value in table.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, Mapping):
            yield from leaves(value, name)
        else:
            yield name, value, table


_ACTS = object()


def _default(name: str) -> tuple[object, str]:
    """Return the default of a key without effect and the name to speak of it by.

    The default is ``_ACTS`` for a key that has an effect, or that is unknown.
    """
    parts = name.split(".")
    for defaults in (ELSEWHERE, NOT_YET):
        if name in defaults:
            return defaults[name], name
        for length in range(1, len(parts)):
            if (pattern := ".".join(parts[:length]) + ".*") in defaults:
                return defaults[pattern], ".".join(parts[: length + 1])
    return _ACTS, name
