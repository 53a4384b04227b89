"""A database that is not UTF-8: `migrate` says so in one sentence, and writes nothing."""

import psycopg
import pytest
from sqlalchemy import make_url

from tests.integration.commands import run_process
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_is_not_utf8_is_refused(
    server_urls: ServerUrls, worker_number: int, encoding: str
) -> None:
    name = f"not_utf8_{worker_number}"
    url = make_url(server_urls.database_url).set(database=name)
    server = make_url(server_urls.database_url).set(drivername="postgresql", database="postgres")
    with psycopg.connect(server.render_as_string(hide_password=False), autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {name}")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
        try:
            ended = run_process(
                "migrate",
                OVERHEARD_DATABASE_URL=url.render_as_string(hide_password=False),
                OVERHEARD_BROKER_URL=server_urls.broker_url,
            )
        finally:
            admin.execute(f"DROP DATABASE {name}")
    assert (ended.code, ended.out) == (2, "")
    (line,) = ended.err.splitlines()
    assert f"the database {name} has the encoding {encoding}, not UTF8" in line
