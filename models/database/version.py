"""The oldest version of PostgreSQL that this version of Overheard runs on."""

from sqlalchemy import Connection

OLDEST_VERSION = 150_000  # as server_version_num


class DatabaseTooOld(RuntimeError):
    """PostgreSQL lacks what the statements of this version need."""


def require_version(connection: Connection) -> None:
    """Refuse an older PostgreSQL before anything is written to it.

    Raises:
        DatabaseTooOld: the message names the version that is needed.
    """
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if version < OLDEST_VERSION:
        raise DatabaseTooOld(
            f"PostgreSQL {version // 10_000} is too old: version {OLDEST_VERSION // 10_000} or "
            "later is needed; nothing was changed"
        )
