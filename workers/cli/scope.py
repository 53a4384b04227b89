"""Reads the scope of a re-ingest request from the command line."""

from datetime import date

from tasks.reingest.values import BadScope, ReingestScope
from workers.cli.options import podcast_id_of

SCOPE_HELP = (
    "all; outdated (made by an older parser or matcher); failed or failed:REASON; "
    "episode:ID; podcast:ID, podcast:URL or podcast:TITLE; "
    "person:SLUG (the episodes where they speak); since:YYYY-MM-DD (episodes of that day or later)."
)


def scope_of(text: str) -> ReingestScope:
    """The scope that an argument such as ``podcast:7`` names.

    Raises:
        BadScope: there is no such scope.
    """
    kind, _, value = text.partition(":")
    if kind in {"all", "outdated"} and not value:
        return ReingestScope(everything=kind == "all", outdated=kind == "outdated")
    if kind == "failed":
        return ReingestScope(failed=value or "any")
    if kind == "episode" and value.isdecimal():
        return ReingestScope(episode_id=int(value))
    if kind == "podcast" and value:
        return ReingestScope(podcast_id=podcast_id_of(value))
    if kind == "person" and value:
        return ReingestScope(person=value)
    if kind == "since":
        return ReingestScope(since=_day(value))
    raise BadScope(f"no such scope: {text!r}. A scope is one of: {SCOPE_HELP}")


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise BadScope(f"no date: {value!r}; write it as YYYY-MM-DD") from error
