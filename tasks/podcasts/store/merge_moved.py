"""Merges a feed that moved with the podcast that has its new URL, by the survivor's word only."""

import json
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from models import Crawl, MergeCause
from models.database import computed_outside, database_time
from tasks.feeds.store import body_of
from tasks.podcasts.read_keys import read_keys
from tasks.podcasts.store.merge import (
    MergeRefused,
    StoredEpisode,
    begin_merge,
    episodes_of,
    require_mergeable,
)
from tasks.podcasts.store.merge_records import (
    close_suggestions,
    lock_merges,
    record_episodes,
    was_unmerged,
)
from tasks.podcasts.store.place import changing_merges
from tasks.podcasts.survivor_word import (
    EpisodeKey,
    SurvivorWord,
    episode_key,
    survivor_word,
)

_SUGGEST = text("""
    INSERT INTO suggestion (kind, podcast_id, target_podcast_id, score, evidence, state, made_at)
    VALUES ('merge_podcasts', :podcast_id, :target_id, :score, CAST(:evidence AS jsonb), 'open',
            :now)
    ON CONFLICT ON CONSTRAINT suggestion_once DO UPDATE
        SET score = excluded.score, evidence = excluded.evidence
        WHERE suggestion.state = 'open' AND suggestion.evidence <> excluded.evidence
""")


def merge_moved(session: Session, podcast_id: int, target_id: int) -> None:
    """Merge a podcast whose feed moved to another's URL.

    Only episodes that the survivor's own document lists count once from now on, in the survivor.
    No other episode moves: one suggestion to merge the rest is left to a person.

    Raises:
        MergeRefused: nothing was merged, but a suggestion may have been added.
    """
    forest = lock_merges(session)
    root_id = forest.root(target_id)
    if was_unmerged(session, podcast_id, forest.group(root_id)):
        raise MergeRefused("unmerged_before")
    state = require_mergeable(session, forest, podcast_id, target_id)
    word = _word(session, podcast_id, root_id)
    if word is None:
        raise MergeRefused("not_confirmed")  # the survivor's feed was not read yet
    now = database_time(session)
    if word.left or not word.confirms:
        _suggest(session, podcast_id, root_id, word, now)
    if not word.confirms:
        raise MergeRefused("not_confirmed")
    if not word.left:
        close_suggestions(session, podcast_id, now)
    group = {*forest.below(podcast_id), *forest.group(root_id)}
    with changing_merges(session, group, ()):
        merge = begin_merge(session, forest, podcast_id, root_id, state, MergeCause.moved)
        record_episodes(session, merge.id, word.same, ())


def _word(session: Session, podcast_id: int, root_id: int) -> SurvivorWord | None:
    listed = _listed(session, root_id)
    if listed is None:
        return None
    leaving = [(one.id, _key(one)) for one in episodes_of(session, podcast_id)]
    own = [(one.id, _key(one)) for one in episodes_of(session, root_id)]
    return survivor_word(listed, leaving, own)


def _key(episode: StoredEpisode) -> EpisodeKey | None:
    return episode_key(episode.guid, episode.enclosure_path)


def _listed(session: Session, podcast_id: int) -> frozenset[EpisodeKey] | None:
    """What the latest document of a feed lists; None while none was read."""
    body = body_of(session, podcast_id)
    if body is None:
        return None
    return computed_outside(session, read_keys, body, session.get_one(Crawl, podcast_id).url)


def _suggest(
    session: Session, podcast_id: int, root_id: int, word: SurvivorWord, now: datetime
) -> None:
    evidence = {
        "episodes": word.episodes,
        "listed_there": word.listed,
        "left": word.left if word.confirms else word.episodes,
    }
    params = {
        "podcast_id": podcast_id,
        "target_id": root_id,
        "score": round(word.listed / max(word.episodes, 1), 3),
        "evidence": json.dumps(evidence),
        "now": now,
    }
    session.connection().execute(_SUGGEST, params)
