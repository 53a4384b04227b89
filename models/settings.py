"""Every setting of the service, read once from the environment (``OVERHEARD_…``)."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from models.menu_settings import MenuSettings
from models.settings_checks import (
    AMQP,
    POSTGRESQL,
    REDIS,
    REDIS_SOCKET,
    WEB,
    check_certificates,
    check_folder,
    check_networks,
    check_number,
    check_url,
)
from models.speech_settings import SpeechSettings
from models.telemetry_settings import TelemetrySettings


class Settings(MenuSettings, SpeechSettings, TelemetrySettings):
    """The settings; docs/settings.md is generated from this class."""

    model_config = SettingsConfigDict(
        env_prefix="OVERHEARD_",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,  # a URL has its password in it
    )

    data: Path | None = Field(
        default=None,
        description="Folder of the embedded servers and the local logs. Default: the platform's "
        "folder for user data; /var/lib/overheard for root.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="PostgreSQL 15 or later, as postgresql://user:password@host/name. "
        "Without it an embedded one is started in the data folder.",
    )
    read_database_url: SecretStr | None = Field(
        default=None,
        description="A streaming replica of the database, which serves the pages of readers who "
        "are not signed in. Only the web process uses it. Default: the database itself.",
    )
    migration_database_url: SecretStr | None = Field(
        default=None,
        description="The same database, with the role that owns its tables. Only `overheard "
        "migrate` uses it: it creates the role of OVERHEARD_DATABASE_URL if needed, and grants it "
        "what the service needs. Default: one role for both.",
    )
    broker_url: SecretStr | None = Field(
        default=None,
        description="Valkey or Redis, as redis://:password@host:6379/0, or RabbitMQ, as "
        "amqp://user:password@host/virtual-host; rediss:// and amqps:// with TLS. "
        "Without it an embedded Valkey is started in the data folder.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Valkey or Redis that counts requests for the API's rate limits. Default: the "
        "broker, when it is one. Without it each web process counts by itself.",
    )
    tls_ca_file: Path | None = Field(
        default=None,
        description="File with CA certificates (PEM) against which the certificates of PostgreSQL, "
        "the broker, Redis, Sentry and the OTLP collector are verified. Default: the system's.",
    )
    broker_prefix: str = Field(
        default="overheard:", description="Prefix of every key in the broker."
    )
    allowed_networks: str = Field(
        default="",
        description="Comma-separated networks in CIDR form, each with an optional :port, that "
        "may be fetched from even though they are not public: 192.168.1.0/24, 127.0.0.1/32:8890.",
    )
    allowed_ports: str = Field(
        default="80,443,8080,8443", description="Ports that may be fetched from on public hosts."
    )
    contact_url: str = Field(
        default="https://github.com/overheard/overheard",
        description="Where a publisher learns who is asking; part of the User-Agent.",
    )
    log_format: Literal["keyvalue", "json", "terminal"] = Field(
        default="keyvalue", description="terminal is short and wrapped: that of `up` on a screen."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The lowest level that is logged."
    )
    log_dir: Path | None = Field(
        default=None,
        description="Folder of the local log files, which `overheard logs` reads. Default: `logs` "
        "in the data folder, for `up`, and for workers and beat where a data folder is set.",
    )
    log_files_bytes: int = Field(
        default=200_000_000,
        ge=0,
        description="Size of all local log files together; the oldest are deleted. 0: no files.",
    )
    concurrency: int = Field(
        default=0, ge=0, description="Processes per worker; 0 is one for each core."
    )
    poll_min_interval_seconds: int = Field(
        default=600, ge=1, description="Shortest time between two polls of a feed that works."
    )
    poll_max_interval_seconds: int = Field(
        default=12 * 3600, ge=1, description="Longest time between two polls of an active feed."
    )
    poll_target_delay_seconds: int = Field(
        default=180,
        ge=1,
        description="A feed is polled once the expected delay of an episode not found yet "
        "reaches this. Halving it costs about 1.4 times as many requests.",
    )
    poll_interval_with_push_seconds: int = Field(
        default=12 * 3600,
        ge=1,
        description="Shortest time between two polls of a feed whose hub reliably announces new "
        "episodes (WebSub).",
    )
    notification_min_interval_seconds: int = Field(
        default=60,
        ge=1,
        description="Shortest time between two polls of one feed, however often a hub or Podping "
        "announces changes.",
    )
    websub_tick_seconds: float = Field(
        default=60, gt=0, description="How often due subscription requests are sent to hubs."
    )
    poll_log_per_feed: int = Field(
        default=100,
        ge=1,
        description="Entries of the poll log per feed; equal polls in a row are one entry.",
    )
    poll_log_days: int = Field(
        default=90,
        ge=1,
        description="Days until entries of the poll log and ended subscriptions are deleted.",
    )
    poll_tick_seconds: float = Field(
        default=5, gt=0, description="How often beat claims the feeds that are due."
    )
    poll_batch: int = Field(default=100, ge=1, description="Feeds fetched together by one task.")
    poll_per_host: int = Field(default=4, ge=1, description="Parallel requests to one host.")
    feed_max_archive_pages: int = Field(
        default=100,
        ge=0,
        description="Maximum number of archive pages (RFC 5005) read for a feed; 0 for none.",
    )
    archive_page_delay_seconds: float = Field(
        default=60, gt=0, description="Wait between two pages of one feed."
    )
    web_host: str = Field(default="127.0.0.1", description="Address that the pages are served on.")
    web_port: int = Field(
        default=8817,
        ge=0,
        le=65535,
        description="Port of the pages; 0 is any free one, which is logged.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Comma-separated addresses or networks of proxies that are trusted to name the "
        "client (X-Forwarded-For, X-Forwarded-Proto); * is all.",
    )
    web_connections: int = Field(
        default=1000,
        ge=10,
        description="Maximum number of open connections to the pages. Beyond it, the oldest idle "
        "one is closed for a new one. It is lower where the system allows fewer open files.",
    )
    web_connections_per_network: int = Field(
        default=100,
        ge=1,
        description="Maximum number of connections from one address or IPv6 /64; trusted proxies "
        "are exempt.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        description="The bearer token that /metrics requires. Empty: /metrics is open where "
        "reading is public, otherwise to accounts and API keys only.",
    )
    public_url: str | None = Field(
        default=None,
        description="Where the pages are reached from outside, for instance "
        "https://overheard.example. Needed for WebSub.",
    )
    allowed_hosts: str = Field(
        default="",
        description="Comma-separated host names of the pages, besides loopback and the one in "
        "public_url; *.example.org is every subdomain, * is any. Requests for other names are "
        "refused. Empty: every request is answered, but absolute URLs have only loopback names, IP "
        "addresses and public_url.",
    )
    search_index: Path | None = Field(
        default=None,
        description="Folder of the search index, shared by the pages and the indexer. "
        "Default: search in the data folder.",
    )
    public_reading: bool = Field(
        default=True,
        description="Whether everybody may read the pages and the API; "
        "otherwise only with an account or a key.",
    )
    search_engines: bool = Field(
        default=True,
        description="Whether search engines may show the pages (robots.txt, site map). "
        "Never where reading is not public.",
    )
    rankings_ttl_seconds: int = Field(
        default=30,
        ge=0,
        description="Maximum age of rankings (charts, trending, topics) that take long to compute; "
        "pages show the time of a ranking. 0: always computed after the latest change.",
    )
    api_rate_per_minute: int = Field(
        default=600,
        ge=1,
        description="Requests to the API in a minute, for each key or address; under plans, for "
        "all keys of an account together.",
    )
    health_folder: Path | None = Field(
        default=None,
        description="Folder of the files that workers and beat touch, for their health checks; "
        "these need the same setting. Default: the temporary folder.",
    )
    public_add: bool = Field(
        default=False, description="Whether everybody who reads the pages may add podcasts."
    )
    public_add_per_hour: int = Field(
        default=60,
        ge=1,
        description="Feeds that one address, or one /64 of IPv6, may add in an hour where "
        "everybody may; operators have no limit.",
    )
    sweep_tick_seconds: float = Field(
        default=5, gt=0, description="How often lost jobs are swept and waiting jobs published."
    )
    fetch_deadline_seconds: float = Field(
        default=60, gt=0, description="Time for one document, redirects and trickling included."
    )
    feed_max_bytes: int = Field(
        default=32_000_000, ge=1, description="Largest feed, before and after decompression."
    )
    transcript_max_bytes: int = Field(
        default=32_000_000, ge=1, description="Largest transcript, likewise."
    )
    document_seconds: int = Field(
        default=8,
        ge=1,
        description="Processor time for one feed, transcript or list of feeds, or for naming the "
        "speakers of one episode.",
    )
    document_memory_mb: int = Field(
        default=450,
        ge=50,
        description="Memory for one feed, transcript or list of feeds, or for naming the "
        "speakers of one episode.",
    )
    job_lease_seconds: float = Field(
        default=60,
        gt=0,
        description="A running job whose lease is not renewed for this long is lost.",
    )
    job_max_attempts: int = Field(
        default=6, ge=1, description="Failures after which a job is dead and waits for an operator."
    )
    job_max_worker_losses: int = Field(
        default=10, ge=1, description="Lost workers after which a job is dead."
    )
    job_retry_seconds: float = Field(
        default=60,
        gt=0,
        description="Wait after the first failure; four times as long after each further one.",
    )
    job_retry_max_seconds: float = Field(
        default=6 * 3600, gt=0, description="Longest wait between two attempts."
    )
    queue_watermark: int = Field(
        default=100, ge=1, description="Messages in a queue above which rows stay unpublished."
    )
    republish_after_seconds: float = Field(
        default=300,
        gt=0,
        description="A published job that has not started after this time is published again.",
    )
    job_history_days: int = Field(
        default=30, ge=1, description="Days until finished jobs are deleted."
    )
    quarantine_new_name_podcasts: int = Field(
        default=8,
        ge=0,
        description="A name that speaks in this many podcasts on its first day is quarantined; 0 "
        "turns the rule off.",
    )
    quarantine_speaker_share: float = Field(
        default=0.98,
        ge=0,
        le=1,
        description="Share of a long episode with at least two other tagged people from which a "
        "speaker is quarantined; 0 turns the rule off.",
    )
    quarantine_clip_segments: int = Field(
        default=3,
        ge=0,
        description="Number of segments in an episode up to which a speaker counts as a clip, in a "
        "podcast that plays clips; 0 turns the rule off.",
    )
    quarantine_max_chars_per_second: float = Field(
        default=45,
        ge=0,
        description="Characters per second of speech above which a speaker is quarantined; 0 turns "
        "the rule off.",
    )
    quarantine_languages: bool = Field(
        default=True,
        description="Whether speech is quarantined if its transcript declares a language other "
        "than that of its podcast.",
    )
    resolve_tick_seconds: float = Field(
        default=60,
        gt=0,
        description="How often the quarantine rules are applied to podcasts with new transcripts.",
    )

    @field_validator("database_url", "read_database_url", "migration_database_url")
    @classmethod
    def _check_database(cls, url: SecretStr | None) -> SecretStr | None:
        return _checked_secret(url, POSTGRESQL)

    @field_validator("broker_url")
    @classmethod
    def _check_broker(cls, url: SecretStr | None) -> SecretStr | None:
        return _checked_secret(url, (*REDIS, *REDIS_SOCKET, *AMQP))

    @field_validator("redis_url")
    @classmethod
    def _check_redis(cls, url: SecretStr | None) -> SecretStr | None:
        return _checked_secret(url, (*REDIS, *REDIS_SOCKET))

    @field_validator("public_url", "contact_url")
    @classmethod
    def _check_web_address(cls, url: str | None) -> str | None:
        if url:
            check_url(url, WEB)
        return url

    @field_validator("data", "log_dir", "search_index")
    @classmethod
    def _check_folder(cls, folder: Path | None) -> Path | None:
        if folder:
            check_folder(folder)
        return folder

    @field_validator("tls_ca_file")
    @classmethod
    def _check_certificates(cls, path: Path | None) -> Path | None:
        if path:
            check_certificates(path)
        return path

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, networks: str) -> str:
        check_networks(networks)
        return networks

    @field_validator("*")
    @classmethod
    def _check_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, int | float):
            check_number(info.field_name or "", value)
        return value

    @property
    def redis(self) -> str | None:
        """The Redis that web processes share: its own setting, or a broker that is one."""
        return self.redis_url.get_secret_value() if self.redis_url else self.redis_broker

    @property
    def redis_broker(self) -> str | None:
        """The broker's URL where it is Valkey or Redis; None where it is RabbitMQ."""
        url = self.broker_url.get_secret_value() if self.broker_url else ""
        return url if url.partition(":")[0] in {*REDIS, *REDIS_SOCKET} else None


def _checked_secret(url: SecretStr | None, schemes: tuple[str, ...]) -> SecretStr | None:
    if url:
        check_url(url.get_secret_value(), schemes)
    return url


@lru_cache
def get_settings() -> Settings:
    """The settings of this process, read from the environment at the first call."""
    return Settings()
