"""The configuration files of an embedded cluster. Written at every start; ours alone.

A user's own settings belong into ``alter system set …``: PostgreSQL keeps them in
postgresql.auto.conf, which wins over what is written here.
"""

from __future__ import annotations

from pathlib import Path

# All access is by loopback TCP with a password, the same on every system.
_ACCESS_RULES = """\
# Written by Hipflask at every start.
host all         all 127.0.0.1/32 scram-sha-256
host all         all ::1/128      scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""

_COMMON = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "max_connections": "100",
    "password_encryption": "'scram-sha-256'",
    "shared_buffers": "'32MB'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
    "datestyle": "'iso, mdy'",
    "default_text_search_config": "'pg_catalog.english'",
    "log_destination": "'stderr'",
    "logging_collector": "off",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
    "log_checkpoints": "off",
    # The DETAIL of a failing row of auth.users would write its password hash into the log. The
    # client still gets it.
    "log_error_verbosity": "terse",
}

# As hosted: logical decoding is what Realtime and replication build on.
_DURABLE = {
    "wal_level": "logical",
    "max_wal_size": "'256MB'",
}

# For tests: what survives a crash does not matter, time does.
_FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "'512MB'",
    "autovacuum": "off",
    "checkpoint_timeout": "'1h'",
}


def server_settings(*, major: int, durable: bool) -> dict[str, str]:
    """Return the settings of postgresql.conf, values written as PostgreSQL reads them."""
    settings = dict(_COMMON)
    settings.update(_DURABLE if durable else _FLEETING)
    if major >= 16 and not durable:
        # Every test opens connections of its own; the password is public anyway.
        settings["scram_iterations"] = "1"
    if major >= 18:
        settings["io_method"] = "sync"  # no worker processes
    return settings


def write_configuration(data: Path, *, major: int, durable: bool) -> None:
    """Write postgresql.conf and pg_hba.conf into ``data`` when they differ."""
    lines = ["# Written by Hipflask at every start; your own settings: alter system set …"]
    for name, value in server_settings(major=major, durable=durable).items():
        lines.append(f"{name} = {value}")
    _write_if_changed(data / "postgresql.conf", "\n".join(lines) + "\n")
    _write_if_changed(data / "pg_hba.conf", _ACCESS_RULES)


def _write_if_changed(path: Path, text: str) -> None:
    # The file keeps its owner and mode: initdb made it for the account that runs the server.
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
