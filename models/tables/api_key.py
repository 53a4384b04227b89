"""Keys of the API: what each may do, when it was last used, and whether it still holds."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import moment, primary_key


class ApiKey(SQLModel, table=True):
    """A key, known by the beginning that is shown; of the secret only a hash is kept.

    ``scopes`` are words: ``read``, ``operate``.
    """

    __tablename__ = "api_key"

    id: int | None = primary_key()
    name: str
    prefix: str = Field(unique=True)
    secret_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    scopes: str
    created_at: datetime = moment(nullable=False)
    last_used_at: datetime | None = moment()
    revoked_at: datetime | None = moment()
