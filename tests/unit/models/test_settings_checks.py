"""Unusable settings are refused with a sentence of their own, and no part of a secret."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from models import Settings

SECRET = "s3cret"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("database_url", f"mysql://ann:{SECRET}@host/name", "must begin with postgresql://"),
        ("database_url", f"ann:{SECRET}@host/name", "must begin with postgresql://"),
        ("database_url", f"postgresql://ann:{SECRET}/x@host/name", "percent-encode"),
        ("database_url", f"postgresql://ann:{SECRET}#x@host/name", "percent-encode"),
        ("database_url", f"postgresql://ann:{SECRET}@x@host/name", "percent-encode"),
        ("database_url", f"postgresql://ann:{SECRET}@host:port/name", "percent-encode"),
        ("database_url", f"postgresql://ann:{SECRET}@host:99999/name", "percent-encode"),
        ("database_url", f"postgresql://ann:{SECRET} x@host/name", "has a space"),
        ("broker_url", f"sqs://{SECRET}@host", "must begin with redis://"),
        ("broker_url", f"redis://:{SECRET}@host/{SECRET}", "number of a database"),
        ("broker_url", f"redis://:{SECRET}@/0", "names no host"),
        ("redis_url", f"amqp://ann:{SECRET}@host", "must begin with redis://"),
        ("otlp_endpoint", f"grpc://{SECRET}@collector:4317", "must begin with http://"),
        ("sentry_dsn", f"https://{SECRET}@sentry.example", "is no DSN"),
        ("sentry_dsn", f"https://sentry.example/{SECRET}", "is no DSN"),
        ("public_url", "overheard.example", "must begin with http://"),
        ("public_url", "https://", "names no host"),
        ("trusted_proxies", "proxy.example", "no IP address"),
        ("poll_tick_seconds", "inf", "at most"),
        ("poll_tick_seconds", "nan", "greater than 0"),
        ("poll_max_interval_seconds", "1" * 30, "at most"),
        ("job_history_days", "99999999", "at most"),
        ("web_port", "65536", "less than or equal"),
        ("data", __file__, "must be a folder"),
        ("tls_ca_file", __file__, "no file of certificates"),
        ("tls_ca_file", "/nowhere/ca.pem", "cannot be read: No such file"),
        ("log_dir", f"{__file__}/logs", "must be a folder"),
        ("directory", "podcast_index", "needs OVERHEARD_PODCAST_INDEX_KEY and"),
    ],
)
def test_unusable_setting_is_refused_without_its_value(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"OVERHEARD_{name.upper()}", value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (error,) = refused.value.errors()
    assert message in error["msg"]
    assert error["loc"] == (name,)
    assert SECRET not in str(refused.value)
    assert SECRET not in error["msg"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "postgresql://ann:a%2Fb@host/name?sslmode=verify-full"),
        ("database_url", "postgresql+psycopg://ann@/name?host=/run/postgresql"),
        ("broker_url", "redis+socket:///run/valkey.sock?virtual_host=1"),
        ("broker_url", "rediss://:pw@host:6380/1"),
        ("broker_url", "amqps://ann:pw@host//"),
        ("trusted_proxies", "127.0.0.1, 10.0.0.0/8, ::1"),
        ("trusted_proxies", "*"),
        ("data", str(Path(__file__).parent / "new" / "folder")),
    ],
)
def test_usable_setting_is_accepted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"OVERHEARD_{name.upper()}", value)
    assert getattr(Settings(), name) is not None


def test_podcast_index_with_its_key_is_a_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_DIRECTORY", "podcast_index")
    monkeypatch.setenv("OVERHEARD_PODCAST_INDEX_KEY", "K")
    with pytest.raises(ValidationError):
        Settings()
    monkeypatch.setenv("OVERHEARD_PODCAST_INDEX_SECRET", SECRET)
    assert Settings().directory == "podcast_index"
