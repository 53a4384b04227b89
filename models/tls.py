"""TLS to the servers: certificates are verified, by the system's authorities or by one's own."""

import ssl
from typing import Any

import certifi
from sqlalchemy import make_url

from models.settings import get_settings


def authorities() -> str:
    """The file with the certificates of those who are believed."""
    own = get_settings().tls_ca_file
    return str(own) if own else ssl.get_default_verify_paths().cafile or certifi.where()


def broker_tls(url: str) -> dict[str, Any] | None:
    """The options of kombu's connections to a broker; None where its URL asks for no TLS."""
    if url.startswith("amqps:"):  # kombu verifies the name of the URL where none is given
        return {
            "cert_reqs": ssl.CERT_REQUIRED,
            "ca_certs": authorities(),
            "server_hostname": None,
        }
    return redis_tls(url) or None


def redis_tls(url: str) -> dict[str, Any]:
    """The options of redis-py's connections; empty where the URL asks for no TLS."""
    if not url.startswith(("rediss:", "valkeys:")):
        return {}
    return {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_ca_certs": authorities(),
    }


def database_tls(url: str) -> dict[str, str]:
    """The options of libpq's connections: verified wherever a URL or a setting asks for TLS.

    By itself libpq verifies nothing without a mode, nor with ``sslmode=require``.
    """
    parts = make_url(url)
    mode = parts.query.get("sslmode")
    if mode is None and parts.host and get_settings().tls_ca_file:
        mode = "require"
    if mode not in {"require", "verify-ca", "verify-full"}:
        return {}
    own = {} if "sslrootcert" in parts.query else {"sslrootcert": authorities()}
    return own | ({"sslmode": "verify-full"} if mode == "require" else {})
