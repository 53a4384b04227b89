"""The change log: at which version each episode, person and podcast was last changed."""

from sqlalchemy import BigInteger, Column, Index
from sqlmodel import Field, SQLModel


class Change(SQLModel, table=True):
    """The newest change of one row that others follow; written by triggers on the tables.

    ``version`` is the number of the transaction (xid8) that changed it. A version is shown only
    once no older transaction can still commit, so that whoever reads in this order misses nothing
    (docs/adr/0033-change-log.md). The row stays when what it tells of is deleted.
    """

    __tablename__ = "change_log"
    __table_args__ = (Index("change_log_order", "version", "kind", "subject"),)

    kind: str = Field(primary_key=True)
    subject: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    version: int = Field(sa_column=Column(BigInteger, nullable=False))


class ChangeEpoch(SQLModel, table=True):
    """Which history the versions belong to: another one after a restore from a backup."""

    __tablename__ = "change_epoch"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
