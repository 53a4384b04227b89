"""Re-ingest requests: scope, requester, progress and outcome."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import member, member_of, moment


class RequestState(StrEnum):
    """running ⇄ paused → done; ``cancelled`` and ``refused`` are final too."""

    running = "running"
    paused = "paused"
    done = "done"
    cancelled = "cancelled"
    refused = "refused"


class ReingestRequest(SQLModel, table=True):
    """A re-ingest request, under the id that its caller chose or a generated one.

    ``jobs`` is how many jobs it made, ``podcast_ids`` the feeds to poll again, and ``counts`` the
    jobs by state when it ended; until then the job rows are counted.
    """

    __tablename__ = "reingest_request"
    __table_args__ = (
        member_of("reingest_request", "state", RequestState),
        Index(
            "reingest_request_open", "id", postgresql_where=text("state IN ('running', 'paused')")
        ),
    )

    id: str = Field(primary_key=True)
    scope: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    stage: str  # a refused request has the text that was sent
    state: RequestState = member(RequestState, RequestState.running)
    reason: str = ""
    message: str = ""
    requested_by: str = ""
    jobs: int = 0
    podcast_ids: list[int] = Field(
        default_factory=list,
        sa_column=Column(ARRAY(BigInteger), nullable=False, server_default="{}"),
    )
    counts: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    created_at: datetime = moment(nullable=False)
    finished_at: datetime | None = moment()
