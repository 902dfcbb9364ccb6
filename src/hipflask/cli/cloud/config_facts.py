"""What supabase/config.toml says of things that a hosted project has, too; for the doctor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hipflask.cloudrun.doctor.facts import AuthSettings, Cause, LocalConfig, Template, Unseen
from hipflask.errors import ConfigError
from hipflask.local.config import AuthConfig, ProjectConfig, TemplateConfig
from hipflask.local.config.dotenv import project_environ
from hipflask.local.project import Project


def find_config(project: Project, environ: Mapping[str, str]) -> LocalConfig | Unseen:
    """Read the file and its templates."""
    if not project.config_file.is_file():
        return Unseen("supabase/config.toml: there is no such file")
    try:
        config = ProjectConfig.load(project.config_file, project_environ(project.root, environ))
    except ConfigError as error:
        return Unseen(error.message, Cause.FAILED, error.hint)
    auth, smtp = config.auth, config.auth.email.smtp
    return LocalConfig(
        auth=AuthSettings(
            signup=auth.enable_signup,
            confirmations=auth.email.enable_confirmations,
            providers=frozenset(_providers(auth)),
        ),
        smtp_host=smtp.host if smtp is not None and smtp.enabled else "",
        templates={
            name: _mode(template)
            for name, template in auth.email.template.items()
            if template.content_path is not None
        },
        database_version=config.db.major_version,
    )


def _providers(auth: AuthConfig) -> Iterator[str]:
    """Yield what people may sign in by, as Auth names it in its settings."""
    if auth.email.enable_signup:
        yield "email"
    if auth.sms.enable_signup:
        yield "phone"
    if auth.enable_anonymous_sign_ins:
        yield "anonymous_users"
    yield from (name for name, provider in auth.external.items() if provider.enabled)


def _mode(template: TemplateConfig) -> Template:
    assert template.content_path is not None
    text = template.content_path.read_text(encoding="utf-8", errors="replace")
    if ".ConfirmationURL" in text:
        return Template.CONFIRMATION_URL
    return Template.TOKEN_HASH if ".TokenHash" in text else Template.CODE
