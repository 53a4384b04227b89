"""The settings of traces and error reports; they are a part of Settings."""

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from models.settings_checks import WEB, check_dsn, check_url


class TelemetrySettings(BaseSettings):
    """Where traces and errors are sent; nowhere by default."""

    otlp_endpoint: SecretStr | None = Field(
        default=None,
        description="Where traces are sent by OTLP over HTTP, such as http://collector:4318. "
        "Needs the extra `opentelemetry`; OpenTelemetry's own variables (OTEL_…) apply, too. "
        "Default: no traces.",
    )
    sentry_dsn: SecretStr | None = Field(
        default=None,
        description="Where errors are reported: the DSN of a project in Sentry. Needs the extra "
        "`sentry`; SENTRY_ENVIRONMENT applies, too. Default: no reports.",
    )

    @field_validator("otlp_endpoint")
    @classmethod
    def _check_otlp_endpoint(cls, url: SecretStr | None) -> SecretStr | None:
        if url:
            check_url(url.get_secret_value(), WEB)
        return url

    @field_validator("sentry_dsn")
    @classmethod
    def _check_sentry_dsn(cls, dsn: SecretStr | None) -> SecretStr | None:
        if dsn:
            check_dsn(dsn.get_secret_value())
        return dsn
