"""``supabase/config.toml``, the Supabase CLI's own file, read into typed, frozen values."""

from hipflask.local.config.auth import (
    AuthConfig,
    CaptchaConfig,
    EmailConfig,
    ExternalConfig,
    MFAConfig,
    MFAPhoneConfig,
    MFATypeConfig,
    NotificationConfig,
    RateLimitConfig,
    SessionsConfig,
    SmsConfig,
    SmtpOut,
    TemplateConfig,
)
from hipflask.local.config.hooks import HookConfig, HooksConfig
from hipflask.local.config.project_config import ProjectConfig
from hipflask.local.config.sections import (
    ApiConfig,
    BucketConfig,
    DbConfig,
    SmtpConfig,
    StorageConfig,
)

__all__ = [
    "ApiConfig",
    "AuthConfig",
    "BucketConfig",
    "CaptchaConfig",
    "DbConfig",
    "EmailConfig",
    "ExternalConfig",
    "HookConfig",
    "HooksConfig",
    "MFAConfig",
    "MFAPhoneConfig",
    "MFATypeConfig",
    "NotificationConfig",
    "ProjectConfig",
    "RateLimitConfig",
    "SessionsConfig",
    "SmsConfig",
    "SmtpConfig",
    "SmtpOut",
    "StorageConfig",
    "TemplateConfig",
]
