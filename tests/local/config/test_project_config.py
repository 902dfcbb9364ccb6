"""supabase/config.toml as typed settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hipflask.errors import ConfigError
from hipflask.local.config import AuthConfig, ProjectConfig

HERE = Path(__file__).parent
Load = Callable[..., ProjectConfig]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a config.toml and read it."""

    def write_and_load(text: str, **environ: str) -> ProjectConfig:
        path = tmp_path / "supabase" / "config.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return ProjectConfig.load(path, environ)

    return write_and_load


@pytest.mark.parametrize("name", ["fresh_2_x.toml", "fresh_3_1.toml"])
def test_fresh_file_of_the_cli_makes_no_noise(load: Load, name: str) -> None:
    assert load((HERE / name).read_text(encoding="utf-8")).warnings == ()


@pytest.mark.parametrize("name", ["fresh_2_x.toml", "fresh_3_1.toml"])
def test_defaults_are_those_of_a_fresh_file(load: Load, name: str) -> None:
    fresh = load((HERE / name).read_text(encoding="utf-8"))
    nothing = load('project_id = "fresh"')
    assert fresh.api == nothing.api
    assert fresh.db == nothing.db
    assert fresh.local_smtp == nothing.local_smtp
    assert fresh.storage == nothing.storage
    assert fresh.auth.email == nothing.auth.email
    assert fresh.auth.rate_limit == nothing.auth.rate_limit
    assert fresh.auth.mfa == nothing.auth.mfa


def test_reads_every_section(load: Load) -> None:
    config = load("""
        project_id = "shop"
        [api]
        port = 5000
        [db]
        port = 5001
        [db.seed]
        sql_paths = ["./a.sql", "./b.sql"]
        [local_smtp]
        port = 5002
        [storage.buckets.images]
        public = true
        file_size_limit = "5MB"
        [auth]
        site_url = "http://127.0.0.1:8080"
        jwt_expiry = 60
        [auth.email]
        enable_confirmations = true
        max_frequency = "1m0s"
        [auth.sessions]
        timebox = "24h"
        [auth.external.github]
        enabled = true
        client_id = "abc"
    """)
    assert config.project_id == "shop"
    assert (config.api.port, config.db.port, config.local_smtp.port) == (5000, 5001, 5002)
    assert config.db.seed.sql_paths == ("./a.sql", "./b.sql")
    assert config.storage.buckets["images"].file_size_limit == 5 * 1024 * 1024
    assert config.auth.jwt_expiry == 60
    assert config.auth.email.max_frequency == timedelta(minutes=1)
    assert config.auth.sessions.timebox == timedelta(hours=24)
    assert config.auth.external["github"].client_id == "abc"


def test_reads_the_older_name_of_the_mailbox(load: Load) -> None:
    assert load("[inbucket]\nport = 5002\nsmtp_port = 5003").local_smtp.smtp_port == 5003


def test_email_provider_is_switched_by_either_name(load: Load) -> None:
    assert not load("[auth.email]\nenabled = false").auth.email.enable_signup
    assert not load("[auth.email]\nenable_signup = false").auth.email.enable_signup


def test_env_is_resolved(load: Load) -> None:
    config = load('[auth]\njwt_secret = "env(S)"\njwt_expiry = "env(E)"', S="s" * 32, E="90")
    assert config.auth.jwt_secret == "s" * 32
    assert config.auth.jwt_expiry == 90


def test_unset_env_is_named(load: Load) -> None:
    config = load('[auth]\njwt_issuer = "env(ISSUER)"')
    assert config.warnings == ("config.toml: auth.jwt_issuer asks for ISSUER, which is not set.",)


def test_environment_overrides_the_file(load: Load) -> None:
    config = load("[api]\nport = 1", SUPABASE_API_PORT="6000", SUPABASE_AUTH_SITE_URL="http://x")
    assert config.api.port == 6000
    assert config.auth.site_url == "http://x"


def test_keys_without_effect_share_one_warning(load: Load) -> None:
    config = load("""
        [studio]
        port = 9999
        [auth.captcha]
        enabled = true
        [realtime]
        enabled = false
    """)
    assert config.warnings == (
        "config.toml: no effect in Hipflask yet: studio.port, auth.captcha.enabled.",
    )


def test_unknown_key_names_the_nearest(load: Load) -> None:
    (warning,) = load('[auth]\nsite_urll = "x"').warnings
    assert warning == "config.toml: unknown key auth.site_urll. Did you mean auth.site_url?"


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        ("[api]\nport = = 3", 2, "not valid TOML"),
        ('[api]\nport = "abc"', 2, "api.port must be a whole number"),
        ("\n[api]\n# note\nport = -1", 4, "api.port must be a whole number"),
        ("[api]\nport = 99999", 2, "from 1 to 65535"),
        ("[api]\nport = true", 2, "whole number"),
        ("[db]\nport = 54321", 2, "another port than"),
        ("[auth]\nenable_signup = 3", 2, "true or false"),
        ("[auth]\nsite_url = 3", 2, "a text in quotes"),
        ("[auth.email]\nmax_frequency = 60", 2, 'a duration such as "1m0s"'),
        ('[auth.email]\nmax_frequency = "60"', 2, 'a duration such as "1m0s"'),
        ("[auth]\nadditional_redirect_urls = [1]", 2, "a list of texts"),
        ("[auth]\njwt_expiry = 999999999", 2, "604800"),
        ('[auth]\npassword_requirements = "hard"', 2, "lower_upper_letters_digits"),
        ('[auth]\njwt_secret = "short"', 2, "16 characters"),
        ('[storage]\nfile_size_limit = "big"', 2, "a size"),
        ('[auth.email.template.recovery]\ncontent_path = "./no.html"', 2, "a file that exists"),
        ("auth = 3", 1, "auth must be a section"),
        ('[auth]\nsite_url = ""', 2, "the address of the application"),
        ("[auth.email]\notp_length = 4", 2, "from 6 to 10"),
        ("[auth.mfa.phone]\notp_length = 11", 2, "from 6 to 10"),
        (
            '[auth.mfa.web_authn]\nenroll_enabled = true\n[auth.webauthn]\nrp_id = ""',
            4,
            "the domain that auth.mfa.web_authn is for",
        ),
    ],
)
def test_malformed_file_is_refused_with_its_line(
    load: Load, text: str, line: int, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert f"config.toml, line {line}: " in caught.value.message
    assert expected in caught.value.message
    assert caught.value.hint


def test_security_keys_need_a_relying_party(load: Load) -> None:
    on = "[auth.mfa.web_authn]\nverify_enabled = true\n"
    party = '[auth.webauthn]\nrp_id = "localhost"\nrp_display_name = "Notes"\n'
    with pytest.raises(ConfigError) as caught:
        load(on)
    assert "auth.webauthn.rp_id" in caught.value.message
    with pytest.raises(ConfigError) as caught:
        load(on + party)
    assert "auth.webauthn.rp_origins" in caught.value.message
    config = load(on + party + 'rp_origins = ["http://localhost:8080"]')
    assert config.warnings == ()
    assert config.auth.mfa.web_authn.verify_enabled


def test_refusal_never_shows_a_secret(load: Load) -> None:
    with pytest.raises(ConfigError) as caught:
        load("[auth]\njwt_secret = 123456789")
    assert "123456789" not in caught.value.message
    with pytest.raises(ConfigError) as caught:
        load('[auth]\njwt_secret = "abcdefgh')
    assert "abcdefgh" not in caught.value.message


def test_template_is_found_from_the_project_and_from_supabase(load: Load, tmp_path: Path) -> None:
    folder = tmp_path / "supabase" / "templates"
    folder.mkdir(parents=True)
    (folder / "a.html").write_text("x", encoding="utf-8")
    for written in ("./supabase/templates/a.html", "./templates/a.html"):
        config = load(f'[auth.email.template.recovery]\ncontent_path = "{written}"')
        template = config.auth.email.template["recovery"]
        assert template.content_path == (folder / "a.html").resolve()


def test_secrets_are_not_in_the_repr(load: Load) -> None:
    config = load(f'[auth]\njwt_secret = "{"q" * 20}"\n[auth.email.smtp]\nhost="h"\npass="zzzz"')
    assert "qqqq" not in repr(config)
    assert "zzzz" not in repr(config)


def test_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        ProjectConfig.load(tmp_path / "config.toml", {})
    assert "hipflask new" in caught.value.hint


def test_addresses_follow_the_port(load: Load) -> None:
    config = load("[api]\nport = 5000")
    assert config.api_url == "http://127.0.0.1:5000"
    assert config.jwt_issuer == "http://127.0.0.1:5000/auth/v1"
    assert load('[auth]\njwt_issuer = "https://me"').jwt_issuer == "https://me"


def test_auth_config_has_the_clis_defaults() -> None:
    assert AuthConfig().minimum_password_length == 6
    assert AuthConfig().refresh_token_reuse_interval == 10
