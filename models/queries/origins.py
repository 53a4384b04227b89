"""The feed that lists an episode and its identity there, while a merge has it elsewhere."""


def origin_podcast(episode: str = "e") -> str:
    """SQL expression: the podcast whose feed lists the episode of this alias."""
    return f"coalesce({episode}.origin_podcast_id, {episode}.podcast_id)"


def own_identity(episode: str = "e") -> str:
    """SQL expression: the episode's identity in the feed that lists it, see ``Episode``."""
    prefix = f"length('of ' || {episode}.origin_podcast_id || ':')"
    return (
        f"CASE WHEN {episode}.origin_podcast_id IS NULL THEN {episode}.identity "
        f"ELSE substr({episode}.identity, {prefix} + 1) END"
    )
