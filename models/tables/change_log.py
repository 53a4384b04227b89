"""The change log: at which version each episode, person and podcast was last changed."""

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel


class Change(SQLModel, table=True):
    """The newest change of an episode, person or podcast; written by triggers.

    ``version`` is the id (xid8) of the transaction that changed it. A version is shown only when no
    older transaction can still commit, so a reader in this order misses nothing
    (docs/adr/0033-change-log.md). The row remains when its subject is deleted.
    """

    __tablename__ = "change_log"
    __table_args__ = (Index("change_log_order", "version", "kind", "subject"),)

    kind: str = Field(primary_key=True)
    subject: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    version: int = Field(sa_column=Column(BigInteger, nullable=False))


class ChangeEpoch(SQLModel, table=True):
    """The history that versions belong to: a new one after a restore from a backup."""

    __tablename__ = "change_epoch"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
