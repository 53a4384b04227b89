"""The contents of a database by natural keys, so that two can be compared despite ids."""

import psycopg
from psycopg.rows import DictRow

# Texts, times and positions of a speaker's segments are combined in one digest.
_QUERIES = {
    "podcast": """
        SELECT url_key, feed_url, title, link, description, language, state, persons::text
        FROM podcast
    """,
    "episode": """
        SELECT p.url_key, e.identity, e.guid, e.title, e.link, e.description, e.published_at,
               e.stats_date, e.audio_url, e.enclosure_path, e.persons::text, e.content_hash
        FROM episode e JOIN podcast p ON p.id = e.podcast_id
    """,
    "transcript": """
        SELECT p.url_key, e.identity, t.url, t.type, t.language, t.is_listed, t.is_selected,
               t.body_hash, t.format, t.parser_version
        FROM transcript t JOIN episode e ON e.id = t.episode_id
        JOIN podcast p ON p.id = e.podcast_id
    """,
    "raw_body": "SELECT hash, size FROM raw_body",
    "speaker": """
        SELECT p.url_key, e.identity, s.label, s.role, s.source, s.method, s.reason, s.version,
               s.confidence, s.evidence, s.appearances, s.spoken_ms, m.slug AS matched,
               o.slug AS person
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        LEFT JOIN person m ON m.id = s.matched_person_id LEFT JOIN person o ON o.id = s.person_id
    """,
    "appearance": """
        SELECT p.url_key, e.identity, s.label, count(*) AS segments, md5(string_agg(
            concat_ws(' ', a.position, a.start_ms, a.end_ms, a.fingerprint, a.text), ' '
            ORDER BY a.position, a.fingerprint)) AS digest
        FROM appearance a JOIN speaker s ON s.id = a.speaker_id
        JOIN episode e ON e.id = a.episode_id JOIN podcast p ON p.id = e.podcast_id
        GROUP BY 1, 2, 3
    """,
    # Without people whom no speaker matches any more: a name may have matched until more evidence
    # was known.
    "person": """
        SELECT slug, name, state, appearances, episodes, podcasts, spoken_ms, first_on, last_on
        FROM person o WHERE EXISTS (SELECT FROM speaker s WHERE s.matched_person_id = o.id)
    """,
    "person_name": """
        SELECT n.key, n.scope, n.source, o.slug AS person
        FROM person_name n JOIN person o ON o.id = n.person_id
        WHERE EXISTS (SELECT FROM speaker s WHERE s.matched_person_id = o.id)
    """,
    "person_day": """
        SELECT o.slug AS person, d.day, d.appearances, d.episodes, d.spoken_ms
        FROM person_day d JOIN person o ON o.id = d.person_id
    """,
    "person_podcast": """
        SELECT o.slug AS person, p.url_key, d.appearances, d.episodes, d.spoken_ms
        FROM person_podcast d JOIN person o ON o.id = d.person_id
        JOIN podcast p ON p.id = d.podcast_id
    """,
    "episode_topic": """
        SELECT p.url_key, e.identity, o.slug
        FROM episode_topic t JOIN topic o ON o.id = t.topic_id
        JOIN episode e ON e.id = t.episode_id JOIN podcast p ON p.id = e.podcast_id
    """,
}

Contents = dict[str, list[str]]


def contents(connection: "psycopg.Connection[DictRow]") -> Contents:
    """Each table as a sorted list of its rows as text."""
    return {
        table: sorted(str(row) for row in connection.execute(query.encode()).fetchall())
        for table, query in _QUERIES.items()
    }


def differences(left: Contents, right: Contents) -> dict[str, tuple[list[str], list[str]]]:
    """For each table that differs, the rows that only the left or only the right has."""
    return {
        table: (
            sorted(set(left[table]) - set(right[table])),
            sorted(set(right[table]) - set(left[table])),
        )
        for table in left
        if left[table] != right[table]
    }
