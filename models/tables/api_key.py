"""API keys: scopes, last use, revocation."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from models.tables.columns import moment, primary_key, reference


class ApiKey(SQLModel, table=True):
    """An API key, known by its visible prefix; only a hash of the secret is stored.

    ``scopes`` are ``read`` and ``operate``, separated by blanks. A key of an account has the
    account's plan; ``plan`` is for keys that belong to none.
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
    account_id: int | None = reference("account.id", nullable=True)
    plan: str | None = None
