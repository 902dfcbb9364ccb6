"""The whole of ``config.toml``, read once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from hipflask.errors import ConfigError
from hipflask.local.config.auth import AuthConfig, NotificationConfig, TemplateConfig
from hipflask.local.config.hooks import check_hooks
from hipflask.local.config.moved_ports import with_ports_moved
from hipflask.local.config.not_used import unknown, without_effect
from hipflask.local.config.reading import Reader, line_of
from hipflask.local.config.sections import ApiConfig, DbConfig, SmtpConfig, StorageConfig
from hipflask.local.project import Project

PASSWORD_REQUIREMENTS = (
    "",
    "letters_digits",
    "lower_upper_letters_digits",
    "lower_upper_letters_digits_symbols",
)
LONGEST_JWT_EXPIRY = 604_800
IDENTITY_PORT_DISTANCE = 5


@dataclass(frozen=True, slots=True)
class ProjectConfig:
    """What ``supabase/config.toml`` says, with the Supabase CLI's defaults for the rest."""

    project_id: str = "project"
    api: ApiConfig = field(default_factory=ApiConfig)
    db: DbConfig = field(default_factory=DbConfig)
    local_smtp: SmtpConfig = field(default_factory=SmtpConfig)
    auth: AuthConfig = field(default_factory=AuthConfig)
    storage: StorageConfig = field(default_factory=StorageConfig)
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Project, environ: Mapping[str, str]) -> ProjectConfig:
        """Read the settings of a project or of one of its instances. Raises ``ConfigError``."""
        config = cls.load(project.config_file, environ, root=project.root)
        return with_ports_moved(config, project.port_offset)

    @classmethod
    def load(
        cls, path: Path, environ: Mapping[str, str], *, root: Path | None = None
    ) -> ProjectConfig:
        """Read the file. Raises ``ConfigError`` with file and line when it is malformed.

        ``root`` is the project's folder where that is not the one above the file's.
        """
        root = root or path.resolve().parent.parent
        text = _read(path)
        table = _parse(path, text)
        reader = Reader(path, text, environ)
        mail = "inbucket" if "inbucket" in table and "local_smtp" not in table else "local_smtp"
        config = cls(
            project_id=_project_id(reader, table.get("project_id"), root),
            api=reader.section(ApiConfig, table.get("api", {}), "api"),
            db=reader.section(DbConfig, table.get("db", {}), "db"),
            local_smtp=reader.section(SmtpConfig, table.get(mail, {}), mail),
            auth=_with_paths(
                reader, reader.section(AuthConfig, table.get("auth", {}), "auth"), root
            ),
            storage=reader.section(StorageConfig, table.get("storage", {}), "storage"),
        )
        _check(reader, config, mail)
        return replace(config, warnings=_warnings(reader, table, config))

    @property
    def api_url(self) -> str:
        """Where the gateway answers, as mails and clients write it."""
        return self.api.external_url.rstrip("/") or f"http://127.0.0.1:{self.api.port}"

    @property
    def auth_url(self) -> str:
        """Where Auth answers; the issuer of its tokens unless ``jwt_issuer`` says otherwise."""
        return self.auth.external_url.rstrip("/") or f"{self.api_url}/auth/v1"

    @property
    def stand_ins(self) -> tuple[str, ...]:
        """The providers that the DevIdentityProvider stands in for."""
        if not self.auth.enabled:
            return ()
        return tuple(name for name, each in self.auth.external.items() if each.is_stood_in)

    @property
    def identity_port(self) -> int:
        """Where the DevIdentityProvider answers, when it is needed: 54326 by default."""
        return self.api.port + IDENTITY_PORT_DISTANCE

    @property
    def jwt_issuer(self) -> str:
        """The ``iss`` of the tokens that Auth signs."""
        return self.auth.jwt_issuer or self.auth_url


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            f"{path} does not exist.",
            hint="Make a project with `hipflask new NAME`, or the file with `supabase init`.",
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text (byte {error.start}).", hint="Save the file as UTF-8."
        ) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # Until Python 3.14 the place is part of the message only.
        place = re.search(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
        reason = str(error)[: place.start()] if place else str(error)
        reason = re.sub(r"\('([^']+)',\)", r"[\1]", reason)
        line = int(place[1]) if place and place[1] else len(text.splitlines())
        shown = text.splitlines()[line - 1].strip() if 0 < line <= len(text.splitlines()) else ""
        if any(word in shown for word in ("secret", "pass", "token")):
            shown = shown.partition("=")[0].strip() + " = …"
        raise ConfigError(
            f"{path}, line {line}: this is not valid TOML: {reason[:1].lower()}{reason[1:]}."
            + (f"\n    {shown}" if shown else ""),
            hint='Expected a line such as  key = "text"  or  [section].  Correct it and retry.',
        ) from None


def _project_id(reader: Reader, given: object, root: Path) -> str:
    reader.known.add("project_id")
    value = reader.environ.get("SUPABASE_PROJECT_ID") or given or root.name
    if not isinstance(value, str):
        raise reader.error("project_id", "a text in quotes", value)
    # The Supabase CLI's own cleaning (sanitizeProjectId), silent here as it only names containers.
    return re.sub(r"[^a-zA-Z0-9_.-]+", "_", value).lstrip("_.-")[:40] or "project"


def _with_paths(reader: Reader, auth: AuthConfig, root: Path) -> AuthConfig:
    """Make the paths in ``[auth]`` absolute and make sure that the files are there."""
    own = reader.file.resolve().parent
    folders = tuple(dict.fromkeys((own.parent, own, root, root / "supabase")))
    templates: dict[str, TemplateConfig] = {}
    for name, template in auth.email.template.items():
        place = f"auth.email.template.{name}.content_path"
        path = _file(reader, template.content_path, folders, place)
        templates[name] = replace(template, content_path=path)
    notifications: dict[str, NotificationConfig] = {}
    for name, notice in auth.email.notification.items():
        place = f"auth.email.notification.{name}.content_path"
        path = _file(reader, notice.content_path, folders, place) if notice.enabled else None
        notifications[name] = replace(notice, content_path=path)
    return replace(
        auth,
        email=replace(auth.email, template=templates, notification=notifications),
        signing_keys_path=_file(reader, auth.signing_keys_path, folders, "auth.signing_keys_path"),
    )


def _file(reader: Reader, given: Path | None, folders: tuple[Path, ...], name: str) -> Path | None:
    """Return the file, which may be written relative to the project or to ``supabase/``.

    The Supabase CLI takes e-mail templates relative to the project and notifications relative to
    ``supabase/`` in one version and to the project in the next. Either is found here.
    """
    if given is None:
        return None
    for base in folders:
        if (base / given).is_file():
            return (base / given).resolve()
    raise reader.error(name, "a file that exists", str(given), f"Looked in {folders[0]}.")


def _check(reader: Reader, config: ProjectConfig, mail: str) -> None:
    auth = config.auth
    ports = {
        "api.port": config.api.port,
        "db.port": config.db.port,
        f"{mail}.port": config.local_smtp.port,
        f"{mail}.smtp_port": config.local_smtp.smtp_port,
    }
    if config.stand_ins:
        ports[f"api.port + {IDENTITY_PORT_DISTANCE} (DevIdentityProvider)"] = config.identity_port
    for name, port in ports.items():
        if not 0 < port < 65536:
            raise reader.error(name, "a port from 1 to 65535", port)
    for (name, port), (other, same) in combinations(ports.items(), 2):
        if port == same:
            # The one that the owner wrote is the one to speak of.
            if line_of(reader.text, other):
                name, other = other, name
            raise reader.error(name, f"another port than {other}", port)
    if not 0 < auth.jwt_expiry <= LONGEST_JWT_EXPIRY:
        raise reader.error("auth.jwt_expiry", "from 1 to 604800 seconds (a week)", auth.jwt_expiry)
    if auth.password_requirements not in PASSWORD_REQUIREMENTS:
        allowed = ", ".join(f'"{each}"' for each in PASSWORD_REQUIREMENTS)
        raise reader.error(
            "auth.password_requirements", f"one of {allowed}", auth.password_requirements
        )
    if auth.jwt_secret and len(auth.jwt_secret) < 16:
        raise reader.error("auth.jwt_secret", "at least 16 characters long", "shorter")
    if auth.enabled and not auth.site_url:
        raise reader.error("auth.site_url", "the address of the application", "")
    if not 6 <= auth.email.otp_length <= 10:
        raise reader.error("auth.email.otp_length", "from 6 to 10", auth.email.otp_length)
    if not 6 <= auth.mfa.phone.otp_length <= 10:
        raise reader.error("auth.mfa.phone.otp_length", "from 6 to 10", auth.mfa.phone.otp_length)
    _check_relying_party(reader, auth)
    if auth.enabled:
        check_hooks(reader, auth.hook)
    smtp = auth.email.smtp
    if smtp is not None and smtp.enabled and not smtp.host:
        raise reader.error("auth.email.smtp.host", "the name of a mail server", "")


def _check_relying_party(reader: Reader, auth: AuthConfig) -> None:
    """Security keys belong to a domain, which only the project knows; Auth does not start else."""
    keys = auth.mfa.web_authn
    if not (auth.enabled and (keys.enroll_enabled or keys.verify_enabled)):
        return
    for name, what in (
        ("rp_id", 'the domain that auth.mfa.web_authn is for, such as "localhost"'),
        ("rp_display_name", "the name that a browser shows with a security key"),
        ("rp_origins", 'the pages that may use security keys, such as ["http://localhost:8080"]'),
    ):
        if not getattr(auth.webauthn, name):
            raise reader.error(f"auth.webauthn.{name}", what, "")


def _warnings(reader: Reader, table: Mapping[str, Any], config: ProjectConfig) -> tuple[str, ...]:
    warnings = []
    for name, close in unknown(table, reader.known):
        advice = f" Did you mean {close}?" if close else ""
        warnings.append(f"{reader.file.name}: unknown key {name}.{advice}")
    if idle := without_effect(table):
        warnings.append(f"{reader.file.name}: no effect in Hipflask yet: {', '.join(idle)}.")
    for name, variable in _missed_variables(reader, config):
        warnings.append(f"{reader.file.name}: {name} asks for {variable}, which is not set.")
    return tuple(warnings)


def _missed_variables(reader: Reader, config: ProjectConfig) -> list[tuple[str, str]]:
    """Return the variables that are missed by something that is switched on."""
    smtp = config.auth.email.smtp
    ignored = ["auth.captcha.", "auth.sms."]
    ignored += [f"auth.hook.{name}." for name, hook in config.auth.hook.all() if not hook.enabled]
    # A provider without a client id is stood in for, which the terminal says elsewhere.
    ignored += [
        f"auth.external.{name}."
        for name, each in config.auth.external.items()
        if each.is_stood_in or not each.enabled
    ]
    if smtp is None or not smtp.enabled:
        ignored.append("auth.email.smtp.")
    return [pair for pair in reader.unset if not pair[0].startswith(tuple(ignored))]
