"""The encoding of a database: transcripts are in every script, which only UTF-8 can encode."""

from sqlalchemy import Connection, func, select


class DatabaseNotUtf8(RuntimeError):
    """The database cannot store every transcript."""


def require_utf8(connection: Connection) -> None:
    """Refuse a database of any other encoding before anything is written to it.

    Raises:
        DatabaseNotUtf8: the message says how to create one that suits.
    """
    query = select(func.current_database(), func.current_setting("server_encoding"))
    name, encoding = connection.execute(query).one()
    if encoding != "UTF8":
        raise DatabaseNotUtf8(
            f"the database {name} has the encoding {encoding}, not UTF8: create another one with "
            "createdb --template=template0 --encoding=UTF8"
        )
