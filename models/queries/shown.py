"""Reads rows to be shown: of a private podcast without URLs, unless the session is an operator's.

Every query of this package reads through these functions, so that a query that is added later hides
URLs too. A row with a URL says whose it is: by ``podcast_id`` or ``episode_id``, or, where its own
``id`` is meant, by a class attribute ``of_podcast`` or ``of_episode`` with the name of the field.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from sqlmodel import Session

from models.database import sql
from models.database.sql import Query

Row = TypeVar("Row")

# Columns that are URLs, or may hold one: a guid often is the URL of its episode. ``feed_url`` is
# not among them, because it is stored without secrets.
URL_FIELDS = frozenset(
    {
        *("link", "image", "podcast_image", "url", "audio_url", "transcript_url", "chapters_url"),
        *("guid", "episode_guid", "podcast_guid", "identity", "hub", "topic"),
        *("redirect_url", "new_feed_url"),
        *("href", "img"),
    }
)
HIDDEN = "***"
_REVEALED = "revealed"
_PRIVATE = "private_podcasts"

# A podcast that a private one was merged into has its episodes: an operator's word that it is
# public is only about its own.
_PRIVATE_PODCASTS = """
    SELECT id FROM podcast WHERE privacy IN ('private', 'declared_private')
    UNION
    SELECT s.id FROM podcast p JOIN podcast s ON s.id = p.duplicate_of
    WHERE p.privacy IN ('private', 'declared_private')
"""
_OF_EPISODES = "SELECT id, podcast_id FROM episode WHERE id = ANY(:ids)"


class _Owner(NamedTuple):
    """The field of a row that says which podcast it belongs to, and whether it is an episode's."""

    field: str
    is_episode: bool


def reveal(session: Session) -> Session:
    """Let this session read the URLs of private podcasts: what it reads goes to an operator."""
    session.info[_REVEALED] = True
    return session


def is_revealed(session: Session) -> bool:
    """Whether the session reads for an operator."""
    return bool(session.info.get(_REVEALED))


def private_podcasts(session: Session) -> frozenset[int]:
    """The podcasts whose URLs are hidden; read once for each session."""
    if _PRIVATE not in session.info:
        session.info[_PRIVATE] = frozenset(sql.fetch_values(session, _PRIVATE_PODCASTS))
    found: frozenset[int] = session.info[_PRIVATE]
    return found


def withheld_podcasts(session: Session, *, revealing: bool = False) -> frozenset[int]:
    """The podcasts whose words may not be published again: none for an operator."""
    return frozenset() if revealing or is_revealed(session) else private_podcasts(session)


def is_withheld(session: Session, podcast_id: int) -> bool:
    """Whether a podcast's words may not be published again: it is private, and not for operators.

    Its pages stay; what is withheld are its transcripts as files and feeds, its quotes on pages of
    their own, and the site map.
    """
    return podcast_id in withheld_podcasts(session)


def fetch_all(
    session: Session,
    query: Query,
    row_type: Callable[..., Row],
    params: Mapping[str, object] | None = None,
    *,
    prepare: bool | None = None,
) -> list[Row]:
    """Read rows as ``models.database.sql.fetch_all`` does, and hide private URLs in them."""
    rows = sql.fetch_all(session, query, row_type, params, prepare=prepare)
    hidden, owner = _url_fields(row_type), _owner(row_type)
    if not hidden or not rows or is_revealed(session):
        return rows
    assert owner is not None  # noqa: S101  _url_fields has checked it
    private = _private_rows(session, [getattr(row, owner.field) for row in rows], owner)
    return [
        _hide(row, hidden) if is_private else row
        for row, is_private in zip(rows, private, strict=True)
    ]


def fetch_one(
    session: Session,
    query: Query,
    row_type: Callable[..., Row],
    params: Mapping[str, object] | None = None,
) -> Row | None:
    """Read the first row, see ``fetch_all``."""
    return next(iter(fetch_all(session, query, row_type, params)), None)


def fetch_only(
    session: Session,
    query: Query,
    row_type: Callable[..., Row],
    params: Mapping[str, object] | None = None,
) -> Row:
    """Read the row of a query that always has one, see ``fetch_all``."""
    (row,) = fetch_all(session, query, row_type, params)
    return row


def fetch_dicts(
    session: Session,
    query: Query,
    params: Mapping[str, object] | None = None,
    *,
    of_podcast: str = "podcast_id",
) -> list[dict[str, Any]]:
    """Read rows as dictionaries; ``of_podcast`` is the column with the id of their podcast."""
    rows = sql.fetch_dicts(session, query, params)
    hidden = URL_FIELDS & rows[0].keys() if rows else frozenset()
    if not hidden or is_revealed(session):
        return rows
    private = private_podcasts(session)
    return [row | dict.fromkeys(hidden) if row[of_podcast] in private else row for row in rows]


@lru_cache(maxsize=512)
def _url_fields(row_type: Callable[..., Any]) -> tuple[str, ...]:
    """The fields of a row that are hidden.

    Raises:
        TypeError: it has such fields, but does not say whose they are.
    """
    if not is_dataclass(row_type):
        return ()
    names = tuple(field.name for field in fields(row_type) if field.name in URL_FIELDS)
    if names and _owner(row_type) is None:
        raise TypeError(f"{row_type} has {', '.join(names)}, and no podcast_id or episode_id")
    return names


@lru_cache(maxsize=512)
def _owner(row_type: Callable[..., Any]) -> _Owner | None:
    if not is_dataclass(row_type):
        return None
    names = {field.name for field in fields(row_type)}
    for name, is_episode in (("of_podcast", False), ("of_episode", True)):
        if (field := getattr(row_type, name, None)) is not None:
            return _Owner(field, is_episode)
    for name, is_episode in (("podcast_id", False), ("episode_id", True)):
        if name in names:
            return _Owner(name, is_episode)
    return None


def _private_rows(session: Session, ids: Sequence[Any], owner: _Owner) -> Iterable[bool]:
    private = private_podcasts(session)
    if not private:
        return [False] * len(ids)
    if not owner.is_episode:
        return [one in private for one in ids]
    rows = sql.fetch_dicts(session, _OF_EPISODES, {"ids": list(set(ids))})
    podcasts = {row["id"]: row["podcast_id"] for row in rows}
    return [podcasts.get(one) in private for one in ids]


def _hide(row: Row, names: Iterable[str]) -> Row:
    """The row without its URLs."""
    row_type: type[Any] = type(row)
    hidden: Row = replace(row, **_empty(row_type, tuple(names)))  # type: ignore[type-var, arg-type]
    return hidden


@lru_cache(maxsize=512)
def _empty(row_type: type, names: tuple[str, ...]) -> dict[str, str | None]:
    """Nothing where a row may lack a URL, else a sign that one is hidden."""
    types = {field.name: str(field.type) for field in fields(row_type)}
    return {name: None if "None" in types[name] else HIDDEN for name in names}


def revealed(query: Callable[..., Row]) -> Callable[..., Row]:
    """A query whose result goes to an operator: it reads the URLs of private podcasts."""

    def revealing(session: Session, *args: Any, **kwargs: Any) -> Row:
        return query(reveal(session), *args, **kwargs)

    return revealing
