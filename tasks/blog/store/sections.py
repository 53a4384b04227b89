"""The sections of a digest: what was heard in a period, by the rules of every other page.

Each query reads the first rows of its order, or the rows with the keys in ``only``: those of an
issue that was published, as they are now. No result has an id, or depends on one.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from models.database.sql import fetch_all
from models.queries.visibility import VISIBLE, visible_podcast
from tasks.blog.periods import DigestPeriod
from tasks.blog.values import DigestRow, Part, Section

Params = Mapping[str, object]
MOST_ROWS = 10
FEW_ROWS = 5
QUOTE_CHARACTERS = 280

_ONLY = "(CAST(:only AS text[]) IS NULL OR {key} = ANY(:only))"
# The key of a podcast: without an id, and without its feed URL.
_PODCAST = "md5(p.url_key)"
_IN_PERIOD = f"e.stats_date BETWEEN :begin AND :end AND {VISIBLE}"
_EPISODES = f"""
    WITH shown AS MATERIALIZED (
        SELECT e.id, e.title, e.stats_date, coalesce(e.guid, '') AS guid, p.title AS podcast,
               {_PODCAST} AS podcast_key, md5({_PODCAST} || e.identity) AS key
        FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE {_IN_PERIOD}
    ), heard AS MATERIALIZED (
        SELECT s.episode_id, s.person_id, sum(s.appearances)::bigint AS appearances,
               sum(s.spoken_ms)::bigint AS spoken_ms
        FROM speaker s WHERE s.episode_id = ANY(ARRAY(SELECT id FROM shown)) AND s.appearances > 0
        GROUP BY 1, 2
    )
"""  # noqa: S608  constants of ours
_MOST_HEARD = f"""
    SELECT o.slug AS key, o.name, sum(d.appearances)::bigint AS number
    FROM person_day d JOIN person o ON o.id = d.person_id AND o.state = 'active'
    WHERE d.day BETWEEN :begin AND :end AND {_ONLY.format(key="o.slug")}
    GROUP BY o.id ORDER BY number DESC, o.slug LIMIT :limit
"""  # noqa: S608  constants of ours
_FIRST_HEARD = f"""
    SELECT o.slug AS key, o.name, sum(d.appearances)::bigint AS number
    FROM person_day d JOIN person o ON o.id = d.person_id AND o.state = 'active'
    WHERE d.day BETWEEN :begin AND :end AND {_ONLY.format(key="o.slug")}
        AND (o.first_on BETWEEN :begin AND :end OR CAST(:only AS text[]) IS NOT NULL)
    GROUP BY o.id ORDER BY number DESC, o.slug LIMIT :limit
"""  # noqa: S608  constants of ours
_ROSE = f"""
    SELECT o.slug AS key, o.name, f.now - f.before AS number, f.now, f.before FROM (
        SELECT person_id,
               coalesce(sum(appearances) FILTER (WHERE day >= :begin), 0)::bigint AS now,
               coalesce(sum(appearances) FILTER (WHERE day < :begin), 0)::bigint AS before
        FROM person_day WHERE day BETWEEN :before AND :end GROUP BY person_id
    ) f JOIN person o ON o.id = f.person_id AND o.state = 'active'
    WHERE {_ONLY.format(key="o.slug")}
        AND (f.before > 0 AND f.now > f.before OR CAST(:only AS text[]) IS NOT NULL)
    ORDER BY number DESC, o.slug LIMIT :limit
"""  # noqa: S608  constants of ours
_LONGEST = f"""
    {_EPISODES}
    SELECT e.key, e.title AS name, e.podcast, e.podcast_key,
           sum(h.spoken_ms)::bigint AS number
    FROM shown e JOIN heard h ON h.episode_id = e.id WHERE {_ONLY.format(key="e.key")}
    GROUP BY e.id, e.key, e.title, e.podcast, e.podcast_key
    HAVING count(h.person_id) >= 2 AND sum(h.spoken_ms) > 0 OR CAST(:only AS text[]) IS NOT NULL
    ORDER BY number DESC, e.key LIMIT :limit
"""  # noqa: S608  constants of ours
_TOPICS = f"""
    {_EPISODES}
    SELECT t.slug AS key, t.name, sum(h.appearances)::bigint AS number
    FROM heard h JOIN episode_topic x ON x.episode_id = h.episode_id
    JOIN topic t ON t.id = x.topic_id WHERE {_ONLY.format(key="t.slug")}
    GROUP BY t.id ORDER BY number DESC, t.slug LIMIT :limit
"""  # noqa: S608  constants of ours
_QUOTES = f"""
    SELECT DISTINCT ON (o.slug) o.slug AS key, o.name, a.text, e.title AS episode,
           p.title AS podcast, {_PODCAST} AS podcast_key
    FROM speaker s JOIN person o ON o.id = s.person_id AND o.state = 'active'
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN appearance a ON a.speaker_id = s.id
    WHERE o.slug = ANY(:people) AND {_IN_PERIOD} AND NOT a.is_backchannel
        AND length(a.text) <= {QUOTE_CHARACTERS}
    ORDER BY o.slug, length(a.text) DESC, a.text, {_PODCAST}, e.identity
"""  # noqa: S608  constants of ours
_HEARD_BY_PODCAST = f"""
    {_EPISODES}
    SELECT e.podcast AS title, e.podcast_key,
           coalesce(sum(h.appearances), 0)::bigint AS heard,
           coalesce(sum(h.appearances) FILTER (WHERE h.person_id IS NOT NULL), 0)::bigint AS named,
           count(DISTINCT h.episode_id) AS episodes, count(DISTINCT e.id) AS published
    FROM shown e LEFT JOIN heard h ON h.episode_id = e.id GROUP BY e.podcast, e.podcast_key
    ORDER BY e.podcast, e.podcast_key
"""  # noqa: S608  constants of ours
_ADDED = f"""
    SELECT p.title, {_PODCAST} AS podcast_key FROM podcast p
    WHERE p.added_at >= CAST(:begin AS date) AND p.added_at < CAST(:end AS date) + 1
        AND {visible_podcast()} AND p.title <> '' ORDER BY p.title, 2
"""  # noqa: S608  constants of ours
_DECIDED = """
    SELECT kind AS title, count(*) AS number FROM identity_event
    WHERE at >= CAST(:begin AS date) AND at < CAST(:end AS date) + 1 GROUP BY kind ORDER BY kind
"""
_AUDITED = """
    SELECT CASE WHEN correct THEN 'correct' ELSE 'wrong' END AS title, count(*) AS number
    FROM audit_answer WHERE at >= CAST(:begin AS date) AND at < CAST(:end AS date) + 1
        AND correct IS NOT NULL GROUP BY 1 ORDER BY 1
"""
_PARTS_OF_PEOPLE = f"""
    {_EPISODES}
    SELECT o.slug AS key, e.title, e.podcast, e.podcast_key, e.stats_date AS day,
           h.appearances AS number
    FROM heard h JOIN shown e ON e.id = h.episode_id JOIN person o ON o.id = h.person_id
    WHERE o.slug = ANY(:keys) ORDER BY e.stats_date, e.podcast, e.title, e.key
"""  # noqa: S608  constants of ours
_PARTS_OF_TOPICS = f"""
    {_EPISODES}
    SELECT t.slug AS key, e.title, e.podcast, e.podcast_key, e.stats_date AS day,
           sum(h.appearances)::bigint AS number
    FROM heard h JOIN shown e ON e.id = h.episode_id
    JOIN episode_topic x ON x.episode_id = e.id JOIN topic t ON t.id = x.topic_id
    WHERE t.slug = ANY(:keys)
    GROUP BY t.slug, e.title, e.podcast, e.podcast_key, e.stats_date, e.key
    ORDER BY e.stats_date, e.podcast, e.title, e.key
"""  # noqa: S608  constants of ours
_PARTS_OF_EPISODES = f"""
    {_EPISODES}
    SELECT e.key, coalesce(o.name, '') AS title, coalesce(o.slug, '') AS person,
           h.spoken_ms AS number, e.podcast_key
    FROM shown e JOIN heard h ON h.episode_id = e.id LEFT JOIN person o ON o.id = h.person_id
    WHERE e.key = ANY(:keys) AND h.spoken_ms > 0 ORDER BY h.spoken_ms DESC, o.slug NULLS LAST
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class _Ranked:
    key: str
    name: str
    number: int
    now: int = 0
    before: int = 0
    podcast: str = ""
    podcast_key: str = ""


@dataclass(frozen=True, slots=True)
class _PartRow:
    key: str
    title: str
    number: int
    podcast_key: str = ""
    podcast: str = ""
    day: object = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class _Quote:
    key: str
    name: str
    text: str
    episode: str
    podcast: str
    podcast_key: str


@dataclass(frozen=True, slots=True)
class _Counted:
    title: str
    number: int = 1
    podcast_key: str = ""


@dataclass(frozen=True, slots=True)
class _HeardPodcast:
    title: str
    podcast_key: str
    heard: int
    named: int
    episodes: int
    published: int


def read_sections(session: Session, period: DigestPeriod) -> list[Section]:
    """All sections of a period, without empty ones."""
    params = _params(period)
    most = _most_heard(session, params)
    found = {
        "most_heard": most,
        "rose": _rose(session, params),
        "first_heard": _people(session, _FIRST_HEARD, params),
        "longest": _longest(session, params),
        "topics": _topics(session, params),
        "quotes": _quotes(session, params, [row.key for row in most[:FEW_ROWS]]),
        "totals": _totals(session, params),
    }
    return [Section(name, tuple(rows)) for name, rows in found.items() if rows]


def numbers_now(
    session: Session, period: DigestPeriod, sections: Sequence[Section]
) -> dict[tuple[str, str], int]:
    """The number of each row of these sections as it is now, by section and key; 0 if gone."""
    numbers: dict[tuple[str, str], int] = {}
    for section in sections:
        keys = [row.key for row in section.rows if row.number is not None]
        numbers |= {(section.name, key): 0 for key in keys}
        for row in _now(session, section.name, _params(period, only=keys)):
            numbers[section.name, row.key] = row.number or 0
    return numbers


def _now(session: Session, section: str, params: Params) -> Sequence[DigestRow | _Ranked]:
    if section == "totals":
        return _totals(session, params)
    queries = {
        "most_heard": _MOST_HEARD,
        "rose": _ROSE,
        "first_heard": _FIRST_HEARD,
        "longest": _LONGEST,
        "topics": _TOPICS,
    }
    return fetch_all(session, queries[section], _Ranked, params) if section in queries else []


def _params(period: DigestPeriod, only: Sequence[str] | None = None) -> Params:
    return {
        "begin": period.begins_on,
        "end": period.ends_on,
        "before": period.before.begins_on,
        "only": None if only is None else list(only),
        "limit": MOST_ROWS if only is None else None,
    }


def _most_heard(session: Session, params: Params) -> list[DigestRow]:
    return _people(session, _MOST_HEARD, params)


def _people(session: Session, query: str, params: Params) -> list[DigestRow]:
    found = fetch_all(session, query, _Ranked, params)
    parts = _parts(session, _PARTS_OF_PEOPLE, params, found, _of_episode)
    return [DigestRow(row.key, row.name, row.number, parts[row.key]) for row in found]


def _topics(session: Session, params: Params) -> list[DigestRow]:
    found = fetch_all(session, _TOPICS, _Ranked, params)
    parts = _parts(session, _PARTS_OF_TOPICS, params, found, _of_episode)
    return [DigestRow(row.key, row.name, row.number, parts[row.key]) for row in found]


def _rose(session: Session, params: Params) -> list[DigestRow]:
    found = fetch_all(session, _ROSE, _Ranked, {**params, "limit": FEW_ROWS})
    return [DigestRow(row.key, row.name, row.number, _difference(row)) for row in found]


def _difference(row: _Ranked) -> tuple[Part, ...]:
    return (
        Part("In this period", "", row.now, person=row.key),
        Part("Less the period before", "", -row.before, person=row.key),
    )


def _longest(session: Session, params: Params) -> list[DigestRow]:
    found = fetch_all(session, _LONGEST, _Ranked, {**params, "limit": FEW_ROWS})
    parts = _parts(session, _PARTS_OF_EPISODES, params, found, _of_speaker)
    return [
        DigestRow(row.key, row.name, row.number, parts[row.key], row.podcast, row.podcast_key)
        for row in found
    ]


def _parts(
    session: Session,
    query: str,
    params: Params,
    found: Sequence[_Ranked],
    make: Callable[[_PartRow], Part],
) -> Mapping[str, tuple[Part, ...]]:
    """The parts of each number, by the key of its row."""
    parts: defaultdict[str, tuple[Part, ...]] = defaultdict(tuple)
    keys = [row.key for row in found]
    for row in fetch_all(session, query, _PartRow, {**params, "keys": keys}):
        parts[row.key] += (make(row),)
    return parts


def _of_episode(row: _PartRow) -> Part:
    return Part(row.title, f"{row.podcast}, {row.day}", row.number, row.podcast_key)


def _of_speaker(row: _PartRow) -> Part:
    title = row.title or "Speech that is attributed to nobody"
    return Part(title, "", row.number, row.podcast_key, row.person)


def _quotes(session: Session, params: Params, people: Sequence[str]) -> list[DigestRow]:
    """Of each person their longest segment that is no backchannel and no longer than the limit."""
    found = fetch_all(session, _QUOTES, _Quote, {**params, "people": list(people)})
    by_key = {quote.key: quote for quote in found}
    quotes = [by_key[key] for key in people if key in by_key]
    return [
        DigestRow(
            quote.key,
            quote.name,
            None,
            (Part(quote.episode, quote.podcast, 0, quote.podcast_key, quote.key),),
            quote.text,
            quote.podcast_key,
        )
        for quote in quotes
    ]


def _totals(session: Session, params: Params) -> list[DigestRow]:
    """What was heard, named, added, decided and audited."""
    heard = fetch_all(session, _HEARD_BY_PODCAST, _HeardPodcast, params)
    by_podcast = {
        "published": ("Episodes published", [each.published for each in heard]),
        "episodes": ("Episodes with transcripts", [each.episodes for each in heard]),
        "heard": ("Segments heard", [each.heard for each in heard]),
        "named": ("Segments with a named speaker", [each.named for each in heard]),
    }
    rows = [
        _total(
            key,
            name,
            [
                _Counted(each.title, number, each.podcast_key)
                for each, number in zip(heard, numbers, strict=True)
                if number
            ],
        )
        for key, (name, numbers) in by_podcast.items()
    ]
    rows += [
        _total("added", "Podcasts added", fetch_all(session, _ADDED, _Counted, params)),
        _total("decided", "Decisions by people", fetch_all(session, _DECIDED, _Counted, params)),
        _total("audited", "Attributions audited", fetch_all(session, _AUDITED, _Counted, params)),
    ]
    return [row for row in rows if row.number]


def _total(key: str, name: str, counted: Sequence[_Counted]) -> DigestRow:
    parts = tuple(Part(each.title, "", each.number, each.podcast_key) for each in counted)
    return DigestRow(key, name, sum(part.number for part in parts), parts)
