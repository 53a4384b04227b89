"""The forms of the API's answers; times within an episode are seconds, days are UTC dates."""

from collections.abc import Mapping, Sequence
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from models.queries.export import Row
from models.queries.person import ListedPerson, PersonRow
from models.queries.transcript_source import TranscriptSource
from web.api.heard_shapes import ApiHeardTranscript

Item = TypeVar("Item")

Cursor = Annotated[
    str | None,
    Query(max_length=500, description="The `next` of the previous page.", examples=[None]),
]
Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Slug = Annotated[str, Path(max_length=400, examples=["marisol-quennerby"])]


class Shape(BaseModel):
    """Examples of fields are part of the description."""

    model_config = ConfigDict(extra="ignore")


class Page(Shape, Generic[Item]):
    """A page of a list, and the cursor of the next page."""

    items: list[Item]
    next: str | None = Field(description="Pass it as `cursor` for the next page; null at the end.")


AsOf = Annotated[
    datetime | None,
    Field(
        description="When this was computed, if it may be out of date: rankings are cached.",
        examples=[None],
    ),
]


class ApiPerson(Shape):
    """A person known by name, with exact counts."""

    slug: str = Field(examples=["marisol-quennerby"])
    name: str = Field(examples=["Marisol Quennerby"])
    appearances: int = Field(description="Segments spoken.", examples=[36])
    episodes: int = Field(examples=[6])
    podcasts: int = Field(examples=[1])
    seconds: float = Field(
        description="Speaking time, of the episodes whose transcript has times.", examples=[117.25]
    )
    timed_episodes: int = Field(description="How many episodes that are.", examples=[6])
    first_on: date | None = Field(examples=["2026-01-05"])
    last_on: date | None = Field(examples=["2026-02-09"])


class PodcastOfPerson(Shape):
    """A person's appearances in one podcast."""

    podcast_id: int
    podcast: str
    appearances: int
    episodes: int
    seconds: float
    regular: bool = Field(
        description="Whether they speak in at least 3, and at least half, of its counted episodes."
    )
    role: str = Field(
        description="What they mostly are there: host, guest or other, by tags and by behaviour.",
        examples=["host"],
    )


class NameOfPerson(Shape):
    """A label that was attributed to a person, and how."""

    label: str = Field(examples=["MARISOL QUENNERBY"])
    source: str = Field(examples=["label"])
    method: str = Field(examples=["full_name"])
    confidence: float
    evidence: str
    appearances: int
    episodes: int


class PersonInFull(ApiPerson):
    """A person, the podcasts they speak in, and the labels attributed to them."""

    mentioned_in: int = Field(
        description="Episodes whose title or description names them; mentions are not appearances."
    )
    mentioned_silent: int = Field(description="Those of them in which they do not speak.")
    by_podcast: list[PodcastOfPerson]
    names: list[NameOfPerson]


class Bar(Shape):
    """Appearances of one day, week, month or year in one podcast; ``start`` is its first day."""

    start: date
    podcast_id: int
    appearances: int
    episodes: int


class Timeline(Shape):
    """Appearances over time, oldest first."""

    by: str = Field(examples=["month"])
    items: list[Bar]


class ApiAppearance(Shape):
    """One spoken segment: the smallest unit of a published transcript."""

    id: int
    text: str = Field(examples=["And that is why the ferry never left."])
    person: str | None = Field(description="The name; null when it is unclear who is speaking.")
    person_slug: str | None
    label: str = Field(description="As published; empty when nobody is named.")
    podcast_id: int
    podcast: str
    episode_id: int
    episode: str
    date: date
    position: int = Field(description="Place within the episode.")
    start_seconds: float | None
    end_seconds: float | None
    source: TranscriptSource = Field(
        description="Whose transcript has these words: the publisher's, or `asr` for one that a "
        "program made from the audio, which may contain mistakes.",
        examples=["publisher"],
    )


class ApiPodcast(Shape):
    """One feed that is followed."""

    id: int
    title: str
    feed_url: str
    link: str | None
    author: str
    language: str | None = Field(examples=["en"])
    state: str = Field(examples=["active"])
    episodes: int
    appearances: int = Field(description="Segments spoken, attributed or not.")
    latest_on: date | None


class PodcastInFull(ApiPodcast):
    """A podcast, and how much of its speech is unattributed."""

    unknown: int = Field(
        description="Appearances that are not attributed to a person, for whatever reason."
    )
    quarantined: int = Field(description="Those of them that are in quarantine.")


class ApiEpisode(Shape):
    """One item of a feed."""

    id: int
    podcast_id: int
    podcast: str
    title: str
    guid: str | None
    link: str | None
    audio_url: str | None
    published_at: datetime | None
    date: date
    duration_seconds: float | None
    appearances: int
    source: TranscriptSource | None = Field(
        description="Whose transcript is counted: the publisher's, or `asr` for one that a program "
        "made from the audio; null without a transcript.",
        examples=["publisher"],
    )


class ApiSpeaker(Shape):
    """One speaker in one episode, and the person it was attributed to."""

    label: str
    person: str | None
    person_slug: str | None
    role: str
    source: str
    method: str
    reason: str
    confidence: float
    evidence: str
    appearances: int
    seconds: float


class EpisodeInFull(ApiEpisode):
    """An episode and its speakers."""

    description: str
    transcript_url: str | None
    unknown: int = Field(
        description="Appearances that are not attributed to a person, for whatever reason."
    )
    quarantined: int = Field(description="Those of them that are in quarantine.")
    speakers: list[ApiSpeaker]
    heard: ApiHeardTranscript | None = Field(
        description="What made the transcript from the audio; null for a publisher's transcript."
    )


class Ranked(Shape):
    """One entry of a chart."""

    name: str
    slug: str | None = None
    id: int | None = None
    appearances: int
    before: int | None = Field(None, description="The number in the period before.")
    rank: int
    rank_before: int | None = None


class Chart(Shape):
    """The top entries of a period."""

    of: str
    days: int | None
    year: int | None = None
    as_of: AsOf
    items: list[Ranked]


class ApiTopic(Shape):
    """Something that episodes are about, by what their publishers say."""

    slug: str = Field(examples=["astronomy"])
    name: str = Field(examples=["Astronomy"])
    episodes: int
    podcasts: int


class Topics(Page[ApiTopic]):
    """Some topics."""

    as_of: AsOf


class PodcastOfTopic(Shape):
    """A topic's episodes in one podcast; ``appearances`` are all segments."""

    podcast_id: int
    podcast: str
    episodes: int
    appearances: int


class PersonOfTopic(Shape):
    """A person who speaks in episodes about a topic."""

    slug: str
    name: str
    appearances: int
    episodes: int


class TopicInFull(ApiTopic):
    """A topic, where it is spoken about, and the twenty who speak most."""

    appearances: int = Field(description="Segments spoken, attributed or not.")
    first_on: date | None
    last_on: date | None
    as_of: AsOf
    by_podcast: list[PodcastOfTopic]
    by_person: list[PersonOfTopic]


class Piece(Shape):
    """A part of a text, and whether it matches the query."""

    text: str
    highlighted: bool


class Beside(Shape):
    """The segment before or behind a match."""

    text: str
    label: str
    person: str | None


class Match(ApiAppearance):
    """An appearance that matches the query."""

    pieces: list[Piece]
    before: Beside | None
    behind: Beside | None


class Matches(Shape):
    """The number of matches in a podcast or of a person."""

    id: int
    name: str
    slug: str
    matches: int


class YearMatches(Shape):
    """The number of matches in a year."""

    year: int = Field(examples=[2021])
    matches: int


class Found(Page[Match]):
    """A page of search results."""

    total: int
    behind: int = Field(
        description="Changed episodes that the index lacks, up to 1,000; results are complete at 0."
    )
    by_podcast: list[Matches]
    by_person: list[Matches]
    by_year: list[YearMatches] = Field(description="By the day of the episode (UTC).")
    counted_among: int = Field(description="How many of the newest matches the counts cover.")
    did_you_mean: str | None = Field(description="A similar search with more matches.")


class ApiSuggestion(Shape):
    """A person or a podcast whose name begins as was typed."""

    kind: str = Field(examples=["person"])
    name: str
    slug: str | None
    id: int | None


class Suggestions(Shape):
    """Names, the better known first."""

    items: list[ApiSuggestion]


def seconds(milliseconds: int | None) -> float | None:
    """Milliseconds as seconds."""
    return None if milliseconds is None else milliseconds / 1000


def fields(row: Any) -> Row:
    """The fields of a dataclass row by name, as the API's models take them."""
    return {field.name: getattr(row, field.name) for field in dataclass_fields(row)}


def person(row: ListedPerson | PersonRow, timed: Mapping[int, int]) -> Row:
    """A person, with speaking time in seconds; ``timed`` episodes of each person are by id."""
    return fields(row) | {"seconds": row.spoken_ms / 1000, "timed_episodes": timed[row.id]}


def exported_person(row: Row) -> Row:
    """A person's row of an export, with speaking time in seconds."""
    return row | {"seconds": row["spoken_ms"] / 1000}


def appearance(row: Row) -> Row:
    """A segment, with times in seconds."""
    return row | {
        "date": row["stats_date"],
        "start_seconds": seconds(row["start_ms"]),
        "end_seconds": seconds(row["end_ms"]),
    }


def episode(row: Row) -> Row:
    """An episode, with its duration in seconds."""
    return row | {"date": row["stats_date"], "duration_seconds": seconds(row["duration_ms"])}


def podcast(row: Row) -> Row:
    """A podcast, as its row is."""
    return row


def paged(rows: Sequence[Any], limit: int, cursor_of: Any, shape: Any) -> dict[str, Any]:
    """A page of rows, which were queried with one more than the limit."""
    shown = rows[:limit]
    more = cursor_of(shown[-1]) if len(rows) > limit else None
    return {"items": [shape(row) for row in shown], "next": more}
