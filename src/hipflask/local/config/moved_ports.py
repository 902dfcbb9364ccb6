"""The same settings with every port moved: several stacks side by side on one machine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hipflask.errors import ConfigError

if TYPE_CHECKING:
    from hipflask.local.config.project_config import ProjectConfig

HIGHEST_PORT = 65_535
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def with_ports_moved(config: ProjectConfig, offset: int) -> ProjectConfig:
    """Return the settings with ``offset`` added to each port. Raises ``ConfigError``.

    Addresses of the gateway on this machine move with it; the application's stay.
    """
    if not offset:
        return config
    smtp = config.local_smtp
    ports = {
        "api.port": config.api.port,
        "db.port": config.db.port,
        "local_smtp.port": smtp.port,
        "local_smtp.smtp_port": smtp.smtp_port,
    }
    if config.stand_ins:
        ports["the DevIdentityProvider's port"] = config.identity_port
    for name, port in ports.items():
        if not 0 < port + offset <= HIGHEST_PORT:
            raise ConfigError(
                f"--port-offset {offset}: {name} would be {port + offset}, and ports go from 1 to"
                f" {HIGHEST_PORT}.",
                hint=f"Choose an offset of at most {HIGHEST_PORT - max(ports.values())}.",
            )
    api_port = config.api.port
    external_url = _moved(config.auth.external_url, api_port, offset)
    return replace(
        config,
        api=replace(
            config.api,
            port=api_port + offset,
            external_url=_moved(config.api.external_url, api_port, offset),
        ),
        db=replace(config.db, port=config.db.port + offset),
        local_smtp=replace(smtp, port=smtp.port + offset, smtp_port=smtp.smtp_port + offset),
        auth=replace(config.auth, external_url=external_url),
    )


def _moved(url: str, port: int, offset: int) -> str:
    """Return the address of the gateway at its new port; any other address as it is."""
    parts = urlsplit(url)
    if parts.hostname not in _LOOPBACK or f":{port}" not in parts.netloc:
        return url
    return parts._replace(netloc=parts.netloc.replace(f":{port}", f":{port + offset}")).geturl()
