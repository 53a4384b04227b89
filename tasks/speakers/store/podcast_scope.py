"""The podcasts whose decisions apply to an episode: its own, and those that it was merged into."""

from models.queries.origins import origin_podcast

# Of an episode e and its podcast p: the podcast whose feed lists it first, then up the merges in
# force. Most podcasts were never merged, and the CASE spares them the search.
PODCAST_IDS = f"""
    CASE WHEN e.origin_podcast_id IS NULL AND p.duplicate_of IS NULL THEN ARRAY[e.podcast_id]
    ELSE (
        WITH RECURSIVE up (id, steps) AS (
            SELECT {origin_podcast()}, 0
            UNION ALL
            SELECT m.survivor_id, u.steps + 1 FROM up u JOIN podcast_merge m ON m.podcast_id = u.id
            WHERE m.unmerged_at IS NULL AND m.is_whole
        )
        SELECT array_agg(id ORDER BY steps) FROM up
    ) END
"""  # noqa: S608  a constant of ours
