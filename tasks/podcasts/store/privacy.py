"""Whether the URLs of a podcast are secret: by its feed URL, or by an operator's word.

What was stored while a podcast was public is hidden in the transaction that makes it private: its
feed URLs at once, the texts in place. Transcripts are parsed again, for the labels in them.
"""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from models import (
    Appearance,
    Crawl,
    Episode,
    FeedUrlHistory,
    Podcast,
    PodcastPrivacy,
    Speaker,
    Stage,
    Transcript,
)
from models.database import database_time
from models.database.row_columns import any_of
from models.database.sql import execute, fetch_all
from tasks.feeds.feed_urls import private_url_key
from tasks.feeds.store import lock_podcasts
from tasks.http.private_text import (
    feed_secrets,
    hosted_url,
    most_common,
    secrets_of,
    without_secrets,
)
from tasks.http.redaction import HIDDEN, is_private, public_url
from tasks.http.urls import UrlRefused
from tasks.jobs.store import request_jobs
from tasks.podcasts.store.due_times import poll_now
from tasks.podcasts.store.private_issues import hide_in_issues
from tasks.topics.store import store_topics

log = structlog.get_logger()

_TEXTS = ("title", "description", "author")
_URLS = ("guid", "link", "image", "audio_url", "chapters_url")
_LISTS = ("categories", "keywords")
# Segments that may have a URL or a secret; which do is decided by ``without_secrets``.
_SEGMENTS = """
    SELECT a.id, a.episode_id, a.text FROM appearance a JOIN episode e ON e.id = a.episode_id
    WHERE (e.podcast_id = :id OR e.origin_podcast_id = :id)
        AND (a.text ~* '://|%3a|[a-z0-9][.][a-z]{2,}[/?]|=|[a-z0-9_-]{16}'
             OR a.text ILIKE ANY(:secrets))
    ORDER BY a.id
"""
_SET_SEGMENTS = """
    UPDATE appearance a SET text = n.text
    FROM unnest(CAST(:ids AS bigint[]), CAST(:texts AS text[])) AS n (id, text) WHERE a.id = n.id
"""
# Until the transcript is parsed again the speaker has a label of its own.
_SET_LABELS = """
    UPDATE speaker s SET label = n.label
    FROM unnest(CAST(:ids AS bigint[]), CAST(:labels AS text[])) AS n (id, label) WHERE s.id = n.id
"""


def privacy_of(url: str) -> PodcastPrivacy:
    """What a feed URL says by itself."""
    return PodcastPrivacy.private if is_private(url) else PodcastPrivacy.public


def privacy_after_move(privacy: PodcastPrivacy, url: str) -> PodcastPrivacy:
    """What holds at a new feed URL: a private podcast stays so, its episodes have their secrets."""
    return privacy_of(url) if privacy is PodcastPrivacy.public else privacy


def shown_feed_url(url: str, privacy: PodcastPrivacy) -> str:
    """The feed URL as it may be shown: of a private podcast only the host.

    An operator who calls a podcast public means its URL as it is, but never a password in it.
    """
    if privacy.is_private:
        return hosted_url(url)
    if privacy is PodcastPrivacy.declared_public and "@" not in urlsplit(url).netloc:
        return url
    return public_url(url)


def declare_privacy(session: Session, podcast_id: int, *, private: bool) -> bool:
    """Record an operator's word; False if it was recorded already.

    Private texts are hidden at once. Public ones come back as the feed is polled and its
    transcripts are parsed again.
    """
    declared = PodcastPrivacy.declared_private if private else PodcastPrivacy.declared_public
    before = set_privacy(session, podcast_id, declared)
    if not private and before.is_private:
        _parse_again(session, _episodes_with_hidden_texts(session, podcast_id))
    return before is not declared


def guard_podcasts(session: Session) -> list[int]:
    """Hide the podcasts whose feed URLs turn out to be private; their ids."""
    found = [podcast_id for podcast_id, url in _shown_feed_urls(session) if is_private(url)]
    for podcast_id in found:
        set_privacy(session, podcast_id, PodcastPrivacy.private)
    return found


def _shown_feed_urls(session: Session) -> Sequence[tuple[int, str]]:
    """The podcasts, with their feed URLs, of which more than the host is shown.

    They were stored when no rule knew the URL as private, or by an earlier version.
    """
    is_public = col(Podcast.privacy) == PodcastPrivacy.public
    is_shown = (col(Podcast.privacy) == PodcastPrivacy.private) & col(Podcast.feed_url).not_like(
        f"%/{HIDDEN}"
    )
    query = select(Crawl.podcast_id, Crawl.url).join(Podcast, col(Podcast.id) == Crawl.podcast_id)
    return session.exec(query.where(is_public | is_shown).order_by(col(Podcast.id))).all()


def _is_of_podcast(podcast_id: int) -> ColumnElement[bool]:
    """Whether an episode is of a podcast, or was before a merge."""
    return or_(Episode.podcast_id == podcast_id, Episode.origin_podcast_id == podcast_id)


def _episodes_with_hidden_texts(session: Session, podcast_id: int) -> list[int]:
    query = (
        select(Appearance.episode_id)
        .join(Episode, col(Episode.id) == Appearance.episode_id)
        .where(_is_of_podcast(podcast_id), col(Appearance.text).contains(HIDDEN, autoescape=True))
    )
    return list(session.exec(query.distinct()))


def set_privacy(session: Session, podcast_id: int, privacy: PodcastPrivacy) -> PodcastPrivacy:
    """Store a podcast's privacy and what follows from it; returns what it was before."""
    lock_podcasts(session, [podcast_id])
    podcast = session.get_one(Podcast, podcast_id, populate_existing=True)
    before, podcast.privacy = podcast.privacy, privacy
    key = podcast.url_key
    crawl = session.get(Crawl, podcast_id)
    if crawl is not None:
        podcast.feed_url = shown_feed_url(crawl.url, privacy)
    if privacy.is_private and crawl is not None:
        podcast.url_key = private_url_key(crawl.url)
    session.add(podcast)
    session.flush()
    if privacy.is_private:
        _hide_former_urls(session, podcast_id)
        hide_stored_texts(session, podcast_id, key)
    poll_now(session, [podcast_id], skip_validators=True)
    log.info("podcast_privacy_set", podcast_id=podcast_id, privacy=privacy.value)
    return before


def _hide_former_urls(session: Session, podcast_id: int) -> None:
    of_podcast = select(FeedUrlHistory).where(FeedUrlHistory.podcast_id == podcast_id)
    for former in session.exec(of_podcast):
        try:
            if not former.url_key.startswith("private:"):
                former.url_key = private_url_key(f"https://{former.url_key}")
        except UrlRefused:  # the key of a long URL is a hash already
            pass
        former.feed_url = hosted_url(former.feed_url)
        session.add(former)
    session.flush()


def hide_stored_texts(session: Session, podcast_id: int, former_key: str) -> None:
    """Remove secrets from all that is stored of a podcast as text; the caller has its lock.

    ``former_key`` is the key of its feed URL up to now.
    """
    podcast = session.get_one(Podcast, podcast_id)
    episodes = session.exec(select(Episode).where(_is_of_podcast(podcast_id))).all()
    secrets = _stored_secrets(session, podcast, episodes)

    def hide(stored: str) -> str:
        return without_secrets(stored, secrets)

    hide_in_issues(session, podcast_id, (former_key, podcast.url_key), hide)
    changed = _hide_in_row(podcast, hide)
    hidden = [episode.id or 0 for episode in episodes if _hide_in_row(episode, hide)]
    session.flush()
    store_topics(session, [podcast_id], [podcast_id] if changed else [], hidden)
    _parse_again(session, _hide_in_speech(session, podcast_id, secrets, hide))


def _stored_secrets(
    session: Session, podcast: Podcast, episodes: Sequence[Episode]
) -> frozenset[str]:
    """The secrets in all URLs that are stored of a podcast."""
    crawl = session.get(Crawl, podcast.id)
    of_feed = feed_secrets(crawl.url) if crawl else frozenset()
    of_channel = secrets_of(podcast.link, podcast.image)
    listed = session.exec(
        select(Transcript.url).where(
            col(Transcript.episode_id) == any_of(episode.id for episode in episodes)
        )
    )
    of_items = [secrets_of(*(getattr(episode, name) for name in _URLS)) for episode in episodes]
    return of_feed | of_channel | most_common([*of_items, *map(secrets_of, listed)])


def _hide_in_row(row: Any, hide: Callable[[str], str]) -> bool:
    """Hide secrets in the texts of a podcast or an episode; whether there was any."""
    hidden: dict[str, Any] = {name: hide(getattr(row, name)) for name in _TEXTS}
    hidden |= {name: [one for one in getattr(row, name) if hide(one) == one] for name in _LISTS}
    hidden["persons"] = [
        person | {"href": None, "img": None}
        for person in row.persons
        if hide(str(person.get("name") or "")) == (person.get("name") or "")
    ]
    changed = {name: value for name, value in hidden.items() if value != getattr(row, name)}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def _hide_in_speech(
    session: Session, podcast_id: int, secrets: frozenset[str], hide: Callable[[str], str]
) -> set[int]:
    """Hide secrets in segments; the episodes that have one there or in a label."""
    like = [f"%{one.replace('%', '').replace('_', '')}%" for one in secrets]
    params = {"id": podcast_id, "secrets": like}
    found = fetch_all(session, _SEGMENTS, lambda **row: row, params)
    changed = [row | {"text": new} for row in found if (new := hide(row["text"])) != row["text"]]
    if changed:
        columns = {"ids": [r["id"] for r in changed], "texts": [r["text"] for r in changed]}
        execute(session, _SET_SEGMENTS, columns)
    return {row["episode_id"] for row in changed} | _hide_in_labels(session, podcast_id, hide)


def _hide_in_labels(session: Session, podcast_id: int, hide: Callable[[str], str]) -> set[int]:
    """Hide secrets in labels until the transcripts are parsed again; the episodes that had one."""
    query = (
        select(Speaker.id, Speaker.episode_id, Speaker.label)
        .join(Episode, col(Episode.id) == Speaker.episode_id)
        .where(_is_of_podcast(podcast_id))
    )
    found = session.exec(query).all()
    secret = {one: episode for one, episode, label in found if hide(label) != label}
    params = {"ids": list(secret), "labels": [f"{HIDDEN} {speaker_id}" for speaker_id in secret]}
    execute(session, _SET_LABELS, params)
    return set(secret.values())


def _parse_again(session: Session, episode_ids: Sequence[int] | set[int]) -> None:
    now = database_time(session)
    request_jobs(session, "parse", sorted(episode_ids), now, stage=Stage.parse, force=True)
