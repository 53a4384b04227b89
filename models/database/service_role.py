"""The role of the service in the database: it reads and writes rows, and owns nothing."""

from typing import Any

from psycopg import sql
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, func, select
from sqlalchemy.exc import OperationalError

from models.database.migrate import MIGRATION_LOCK

_ROWS, _NUMBERS = "SELECT, INSERT, UPDATE, DELETE", "USAGE, SELECT"
# The default privileges are for tables to come: those of a later migration, and of a restore.
_PRIVILEGES = (
    "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    f"GRANT {_ROWS} ON ALL TABLES IN SCHEMA {{schema}} TO {{role}}",
    f"GRANT {_NUMBERS} ON ALL SEQUENCES IN SCHEMA {{schema}} TO {{role}}",
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT {_ROWS} ON TABLES TO {{role}}",
    f"ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT {_NUMBERS} ON SEQUENCES TO {{role}}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {role}",
)
# The doctor finds transactions of other roles that are open and idle. Only a superuser grants it.
_READ_STATISTICS = "GRANT pg_read_all_stats TO {role}"


class ServiceRoleMissing(RuntimeError):
    """The URL of the service names no role."""


def grant_to_service(owner: Engine, url: URL) -> None:
    """Let the role of the service read and write all rows, and change no table.

    A role that cannot sign in is created, or gets the password of the URL.

    Raises:
        ServiceRoleMissing: the URL names no role.
    """
    if not url.username:
        raise ServiceRoleMissing(
            "OVERHEARD_DATABASE_URL names no role: write it as postgresql://role:password@host/name"
        )
    with owner.begin() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
        if not _can_sign_in(url):
            _let_sign_in(connection, url)
        for statement in _statements(connection):
            _run(connection, statement, _names(connection, url.username))


def _can_sign_in(url: URL) -> bool:
    engine = create_engine(url, poolclass=NullPool)
    try:
        engine.connect().close()
    except OperationalError:
        return False
    return True


def _let_sign_in(connection: Connection, url: URL) -> None:
    """Create the role, or set its password; the server receives only its SCRAM verifier."""
    known = select(func.to_regrole(func.quote_ident(url.username)))
    verb = "ALTER" if connection.execute(known).scalar() else "CREATE"
    parts: dict[str, sql.Composable] = {
        "role": sql.Identifier(url.username or ""),
        "password": sql.Literal(_verifier(connection, url)),
    }
    _run(connection, f"{verb} ROLE {{role}} LOGIN PASSWORD {{password}}", parts)


def _verifier(connection: Connection, url: URL) -> str | None:
    if not url.password:
        return None
    driver: Any = connection.connection.driver_connection
    words = (str(url.password).encode(), str(url.username).encode(), b"scram-sha-256")
    verifier: bytes = driver.pgconn.encrypt_password(*words)
    return verifier.decode()


def _statements(connection: Connection) -> tuple[str, ...]:
    is_superuser = connection.execute(select(func.current_setting("is_superuser"))).scalar()
    return (*_PRIVILEGES, _READ_STATISTICS) if is_superuser == "on" else _PRIVILEGES


def _names(connection: Connection, role: str) -> dict[str, sql.Composable]:
    query = select(func.current_database(), func.current_schema())
    database, schema = connection.execute(query).one()
    names = {"database": database, "schema": schema, "role": role}
    return {key: sql.Identifier(name) for key, name in names.items()}


def _run(connection: Connection, statement: str, parts: dict[str, sql.Composable]) -> None:
    composed = sql.SQL(statement).format(**parts)
    connection.execution_options(no_parameters=True).exec_driver_sql(composed.as_string())
