"""What a request covers, as callers say it and as statements need it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from models import Stage


class BadScope(ValueError):
    """A scope or a stage that cannot be understood, or that names what is not there."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which episodes are done again: exactly one of these is said.

    ``failed`` is a reason word, or ``any``; ``outdated`` is what an older parser or matcher made.
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
        said = [field.name for field in fields(self) if getattr(self, field.name)]
        if len(said) != 1:
            raise BadScope("a scope says one thing: " + ", ".join(_WORDS))

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Scope":
        """From a message, such as ``{"all": true}`` or ``{"podcast": "https://…"}``.

        Raises:
            BadScope: anything else.
        """
        if not isinstance(said, Mapping) or len(said) != 1:
            raise BadScope(f"a scope is an object with one of: {', '.join(_WORDS)}")
        word, value = next(iter(said.items()))
        if word not in _WORDS or not isinstance(value, _WORDS[word]) or not value:
            raise BadScope(f"no such scope: {word!r} with {value!r}")
        if word == "since":
            value = _day(str(value))
        elif word == "failed":
            value = "any" if value is True else value
        return cls(**{"everything" if word == "all" else word: value})

    def to_json(self) -> dict[str, Any]:
        """As it is kept in the request's row, in the form that a message has."""
        ((name, value),) = ((f.name, v) for f in fields(self) if (v := getattr(self, f.name)))
        return {"all" if name == "everything" else name: str(value) if name == "since" else value}

    @property
    def default_stage(self) -> Stage:
        """Where to begin when nobody says it."""
        return Stage.parse if self.outdated else Stage.fetch


_WORDS: dict[str, tuple[type, ...]] = {
    "all": (bool,),
    "episode_id": (int,),
    "podcast_id": (int,),
    "podcast": (str,),
    "person": (str,),
    "since": (str,),
    "outdated": (bool,),
    "failed": (str, bool),
}


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise BadScope(f"no date: {said!r}; YYYY-MM-DD is one") from error


def stage_of(said: str) -> Stage | None:
    """The stage that a message names; none when it leaves it open.

    Raises:
        BadScope: there is no such stage.
    """
    try:
        return Stage(said) if said else None
    except ValueError as error:
        raise BadScope(f"no such stage: {said!r}; there are {', '.join(Stage)}") from error


@dataclass(frozen=True, slots=True)
class Subjects:
    """What a request comes to: feeds to look at, episodes by their stage, people to count anew."""

    podcast_ids: list[int]
    episodes: dict[Stage, list[int]]
    person_ids: list[int]


@dataclass(frozen=True, slots=True)
class ReingestReceipt:
    """A request that has its rows: the feeds to look at again, and the jobs that wait now."""

    request_id: str
    stage: Stage
    asked_at: datetime
    podcast_ids: list[int]
    job_ids: list[int]
