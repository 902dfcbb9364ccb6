"""``[auth]`` of ``config.toml``. Fields are the keys; defaults are the Supabase CLI's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from hipflask.local.config.hooks import HooksConfig
from hipflask.local.config.values import variable_in


@dataclass(frozen=True, slots=True)
class RateLimitConfig:
    """``[auth.rate_limit]``: mails and messages an hour, the rest per five minutes and address."""

    email_sent: int = 2
    sms_sent: int = 30
    anonymous_users: int = 30
    token_refresh: int = 150
    sign_in_sign_ups: int = 30
    token_verifications: int = 30
    web3: int = 30


@dataclass(frozen=True, slots=True)
class CaptchaConfig:
    """``[auth.captcha]``."""

    enabled: bool = False
    provider: str = ""
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SmtpOut:
    """``[auth.email.smtp]``: a server through which mail leaves this machine."""

    enabled: bool = True
    host: str = ""
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False, metadata={"key": "pass"})
    admin_email: str = ""
    sender_name: str = ""


@dataclass(frozen=True, slots=True)
class TemplateConfig:
    """``[auth.email.template.NAME]``; a subject of ``None`` means the usual one."""

    subject: str | None = None
    content_path: Path | None = None


@dataclass(frozen=True, slots=True)
class NotificationConfig:
    """``[auth.email.notification.NAME]``."""

    enabled: bool = False
    subject: str | None = None
    content_path: Path | None = None


@dataclass(frozen=True, slots=True)
class EmailConfig:
    """``[auth.email]``. Newer files write ``enabled`` for ``enable_signup``."""

    enable_signup: bool = field(default=True, metadata={"alias": "enabled"})
    double_confirm_changes: bool = True
    enable_confirmations: bool = False
    secure_password_change: bool = False
    require_current_password: bool = False
    max_frequency: timedelta = timedelta(seconds=1)
    otp_length: int = 6
    otp_expiry: int = 3600
    smtp: SmtpOut | None = None
    template: Mapping[str, TemplateConfig] = field(default_factory=dict)
    notification: Mapping[str, NotificationConfig] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SmsConfig:
    """``[auth.sms]`` without the providers."""

    enable_signup: bool = field(default=False, metadata={"alias": "enabled"})
    enable_confirmations: bool = False
    template: str = "Your code is {{ .Code }}"
    max_frequency: timedelta = timedelta(seconds=5)
    test_otp: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionsConfig:
    """``[auth.sessions]``; zero means no limit.

    ``single_per_user`` is hosted's setting of that name; the Supabase CLI's file has no key for it.
    """

    timebox: timedelta = timedelta(0)
    inactivity_timeout: timedelta = timedelta(0)
    single_per_user: bool = False


@dataclass(frozen=True, slots=True)
class MFATypeConfig:
    """``[auth.mfa.totp]`` and ``[auth.mfa.web_authn]``."""

    enroll_enabled: bool = False
    verify_enabled: bool = False


@dataclass(frozen=True, slots=True)
class MFAPhoneConfig:
    """``[auth.mfa.phone]``."""

    enroll_enabled: bool = False
    verify_enabled: bool = False
    otp_length: int = 6
    template: str = "Your code is {{ .Code }}"
    max_frequency: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class MFAConfig:
    """``[auth.mfa]``."""

    max_enrolled_factors: int = 10
    totp: MFATypeConfig = field(default_factory=MFATypeConfig)
    phone: MFAPhoneConfig = field(default_factory=MFAPhoneConfig)
    web_authn: MFATypeConfig = field(default_factory=MFATypeConfig)


@dataclass(frozen=True, slots=True)
class PasskeyConfig:
    """``[auth.passkey]``."""

    enabled: bool = False


@dataclass(frozen=True, slots=True)
class WebauthnConfig:
    """``[auth.webauthn]``: the relying party that passkeys are made for (WebAuthn section 4)."""

    rp_display_name: str = ""
    rp_id: str = ""
    rp_origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OAuthServerConfig:
    """``[auth.oauth_server]``: this project as an OAuth 2.1 provider for other applications."""

    enabled: bool = False
    authorization_url_path: str = "/oauth/consent"
    allow_dynamic_registration: bool = False


@dataclass(frozen=True, slots=True)
class ExternalConfig:
    """``[auth.external.NAME]``: an OAuth provider."""

    enabled: bool = False
    client_id: str = ""
    secret: str = field(default="", repr=False)
    url: str = ""
    redirect_uri: str = ""
    skip_nonce_check: bool = False
    email_optional: bool = False

    @property
    def is_stood_in(self) -> bool:
        """Whether the DevIdentityProvider answers for it: it is on, but has no client id.

        ``env(NAME)`` stays as it is when the variable is not set.
        """
        client_id = self.client_id.strip()
        return self.enabled and (not client_id or variable_in(client_id) is not None)


@dataclass(frozen=True, slots=True)
class AuthConfig:
    """``[auth]``. ``jwt_expiry`` and ``refresh_token_reuse_interval`` are in seconds."""

    enabled: bool = True
    site_url: str = "http://127.0.0.1:3000"
    external_url: str = ""
    additional_redirect_urls: tuple[str, ...] = ("https://127.0.0.1:3000",)
    jwt_expiry: int = 3600
    jwt_secret: str = field(default="", repr=False)
    jwt_issuer: str = ""
    signing_keys_path: Path | None = None
    publishable_key: str = ""
    secret_key: str = field(default="", repr=False)
    anon_key: str = ""
    service_role_key: str = field(default="", repr=False)
    enable_refresh_token_rotation: bool = True
    refresh_token_reuse_interval: int = 10
    enable_signup: bool = True
    enable_anonymous_sign_ins: bool = False
    enable_manual_linking: bool = False
    minimum_password_length: int = 6
    password_requirements: str = ""
    rate_limit: RateLimitConfig = field(default_factory=RateLimitConfig)
    captcha: CaptchaConfig = field(default_factory=CaptchaConfig)
    email: EmailConfig = field(default_factory=EmailConfig)
    sms: SmsConfig = field(default_factory=SmsConfig)
    sessions: SessionsConfig = field(default_factory=SessionsConfig)
    mfa: MFAConfig = field(default_factory=MFAConfig)
    passkey: PasskeyConfig = field(default_factory=PasskeyConfig)
    webauthn: WebauthnConfig = field(default_factory=WebauthnConfig)
    oauth_server: OAuthServerConfig = field(default_factory=OAuthServerConfig)
    external: Mapping[str, ExternalConfig] = field(default_factory=dict)
    hook: HooksConfig = field(default_factory=HooksConfig)
