"""PostgreSQL and Valkey from their wheels, shared by the commands of a data directory."""

from models.data_folder import default_data_dir
from workers.local.embedded.errors import EmbeddedServerError
from workers.local.embedded.servers import EmbeddedServers, ServerUrls, down, embedded_servers

__all__ = [
    "EmbeddedServerError",
    "EmbeddedServers",
    "ServerUrls",
    "default_data_dir",
    "down",
    "embedded_servers",
]
