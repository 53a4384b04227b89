"""Values of re-ingest requests: scope, subjects, receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from models import Stage


class BadScope(ValueError):
    """A scope or stage that is invalid, or that names something unknown."""


@dataclass(frozen=True, slots=True)
class ReingestScope:
    """Which episodes to ingest again: exactly one field is set.

    ``failed`` is a reason code or ``any``; ``outdated`` means results of an older parser or
    matcher.
    """

    everything: bool = False
    episode_id: int | None = None
    podcast_id: int | None = None
    podcast: str | None = None
    person: str | None = None
    since: date | None = None
    outdated: bool = False
    failed: str | None = None

    def __post_init__(self) -> None:
        given = [field.name for field in fields(self) if getattr(self, field.name)]
        if len(given) != 1:
            raise BadScope("a scope needs exactly one of " + ", ".join(_TYPES))

    @classmethod
    def from_json(cls, message: Mapping[str, Any]) -> "ReingestScope":
        """Read a scope such as ``{"all": true}`` or ``{"podcast": "https://…"}``.

        Raises:
            BadScope: it is invalid.
        """
        if not isinstance(message, Mapping) or len(message) != 1:
            raise BadScope(f"a scope is an object with one of: {', '.join(_TYPES)}")
        key, value = next(iter(message.items()))
        if key not in _TYPES or not isinstance(value, _TYPES[key]) or not value:
            raise BadScope(f"no such scope: {key!r} with {value!r}")
        if key == "since":
            value = _date(str(value))
        elif key == "failed":
            value = "any" if value is True else value
        return cls(**{"everything" if key == "all" else key: value})

    def to_json(self) -> dict[str, Any]:
        """The scope in the form of a message, as the request's row stores it."""
        ((name, value),) = ((f.name, v) for f in fields(self) if (v := getattr(self, f.name)))
        return {"all" if name == "everything" else name: str(value) if name == "since" else value}

    @property
    def default_stage(self) -> Stage:
        """The stage to begin at when none is given."""
        return Stage.parse if self.outdated else Stage.fetch


_TYPES: dict[str, tuple[type, ...]] = {
    "all": (bool,),
    "episode_id": (int,),
    "podcast_id": (int,),
    "podcast": (str,),
    "person": (str,),
    "since": (str,),
    "outdated": (bool,),
    "failed": (str, bool),
}


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadScope(f"not a date: {text!r}; write YYYY-MM-DD") from error


def stage_of(name: str) -> Stage | None:
    """The stage of this name; ``None`` for "".

    Raises:
        BadScope: there is no such stage.
    """
    try:
        return Stage(name) if name else None
    except ValueError as error:
        raise BadScope(f"no such stage: {name!r}; use one of {', '.join(Stage)}") from error


@dataclass(frozen=True, slots=True)
class Subjects:
    """What a request covers: feeds to poll, episodes by first stage, people to count again."""

    podcast_ids: list[int]
    episodes: dict[Stage, list[int]]
    person_ids: list[int]


@dataclass(frozen=True, slots=True)
class ReingestReceipt:
    """A request that was created: the feeds that are due now, and the jobs that wait."""

    request_id: str
    stage: Stage
    requested_at: datetime
    podcast_ids: list[int]
    job_ids: list[int]
