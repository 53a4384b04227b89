"""Statements for exporting decisions, and for finding here what an exported one names."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select

from models import IdentityDecision
from models.database import Session
from models.database.sql import fetch_values
from models.queries.origins import origin_podcast, own_identity


def _is_private(podcast: str) -> str:
    return f"{podcast}.privacy IN ('private', 'declared_private')"


def _reference(podcast: str) -> str:
    """SQL for what an export calls a podcast: its feed URL, of a private one the hash of it."""
    return f"CASE WHEN {_is_private(podcast)} THEN {podcast}.url_key ELSE {podcast}.feed_url END"


def _hashed(identity: str) -> str:
    """SQL for the identity of an episode of a private feed: guids may hold its token."""
    return f"'private:' || encode(sha256(convert_to({identity}, 'UTF8')), 'hex')"


_DECISIONS = text(f"""
    SELECT v.uuid, v.kind, v.actor, v.reason, v.at, p.slug AS person, p.name AS person_name,
           o.slug AS other, o.name AS other_name, {_reference("q")} AS podcast,
           coalesce({_reference("q")}, {_reference("eq")}) AS feed_url,
           CASE WHEN {_is_private("eq")} THEN {_hashed(own_identity())}
                ELSE {own_identity()} END AS episode,
           v.label, v.name, v.fingerprints, v.spans, u.uuid AS undoes
    FROM identity_event v
    LEFT JOIN person p ON p.id = v.person_id LEFT JOIN person o ON o.id = v.target_person_id
    LEFT JOIN podcast q ON q.id = v.podcast_id
    LEFT JOIN episode e ON e.id = v.episode_id LEFT JOIN podcast eq ON eq.id = {origin_podcast()}
    LEFT JOIN identity_event u ON u.id = v.undoes
    ORDER BY v.id
""")  # noqa: S608  constants of ours
_PEOPLE = text("""
    SELECT id FROM person WHERE slug = :slug UNION ALL
    SELECT n.person_id FROM person_name n
    WHERE n.key = :name_key AND n.scope = 'global' AND NOT EXISTS (
        SELECT FROM person WHERE slug = :slug)
""")
_PODCASTS = text(f"""
    SELECT id FROM podcast q WHERE {_reference("q")} = :feed_url AND state <> 'removed'
""")  # noqa: S608  constants of ours
_EPISODES = text(f"""
    SELECT e.id FROM podcast p JOIN episode e
        ON (e.podcast_id = p.id AND e.origin_podcast_id IS NULL) OR e.origin_podcast_id = p.id
    WHERE {_reference("p")} = :feed_url AND p.state <> 'removed'
        AND CASE WHEN {_is_private("p")} THEN {_hashed(own_identity())}
                 ELSE {own_identity()} END = :identity
""")  # noqa: S608  constants of ours


def decision_rows(session: Session) -> list[dict[str, Any]]:
    """All identity decisions, oldest first, with the names of what they refer to."""
    return [dict(row) for row in session.connection().execute(_DECISIONS).mappings()]


def find_people(session: Session, slug: str, name_key: str) -> list[int]:
    """Ids of the person with this slug, or else of the people whom the name means everywhere."""
    params = {"slug": slug, "name_key": name_key}
    return list(session.connection().execute(_PEOPLE, params).scalars())


def find_podcasts(session: Session, feed_url: str) -> list[int]:
    """Ids of the podcasts with this feed URL that were not removed."""
    return list(session.connection().execute(_PODCASTS, {"feed_url": feed_url}).scalars())


def find_episodes(session: Session, feed_url: str, identity: str) -> list[int]:
    """Ids of the episodes with this identity in the feed at this URL."""
    params = {"feed_url": feed_url, "identity": identity}
    return list(session.connection().execute(_EPISODES, params).scalars())


def find_decisions(session: Session, uuid: UUID) -> list[int]:
    """Ids of the decisions with this UUID."""
    return fetch_values(session, select(IdentityDecision.id).where(IdentityDecision.uuid == uuid))
