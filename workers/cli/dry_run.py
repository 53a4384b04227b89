"""The dry run of a re-ingest: what it would change, by person and by episode."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.progress import track

from models import Stage
from models.database import in_transaction
from tasks.reingest.diff import DryRunSummary, EpisodeDiff
from tasks.reingest.request import find_subjects
from tasks.reingest.store.dry_run import dry_run_counts, dry_run_episodes
from tasks.reingest.values import ReingestScope, Subjects
from workers.cli.output import console, errors, print_json, print_table

ROWS_SHOWN = 30


def dry_run_reingest(scope: ReingestScope, stage: Stage, *, as_json: bool) -> None:
    """Print what a re-ingest would change, and change nothing."""
    subjects = in_transaction(find_subjects, scope, stage)
    if stage is Stage.counts:
        _show_counts(dry_run_counts(subjects), as_json=as_json)
        return
    summary = DryRunSummary()
    for diff in _with_progress(subjects):
        summary.add(diff)
    if as_json:
        print_json(_as_json(scope, stage, subjects, summary))
    else:
        _print_summary(subjects, summary)


def _with_progress(subjects: Subjects) -> Iterator[EpisodeDiff]:
    total = sum(len(episodes) for episodes in subjects.episodes.values())
    yield from track(
        dry_run_episodes(subjects),
        total=total,
        description="dry run",
        console=errors,
        disable=not errors.is_terminal,
    )


def _as_json(
    scope: ReingestScope, stage: Stage, subjects: Subjects, summary: DryRunSummary
) -> dict[str, Any]:
    return {
        "scope": scope.to_json(),
        "stage": stage.value,
        "feeds": len(subjects.podcast_ids),
        **summary.totals,
        "people": _people(summary),
        "differences": [asdict(diff) for diff in summary.differences],
    }


def _people(summary: DryRunSummary) -> list[dict[str, Any]]:
    return [asdict(person) | {"net": person.net} for person in summary.people]


def _print_summary(subjects: Subjects, summary: DryRunSummary) -> None:
    console.print(
        "{changed:,} of {episodes:,} episodes would change: {added:,} appearances added, "
        "{removed:,} removed, {moved:,} moved, {updated:,} only in place or time; "
        "{failed:,} episodes cannot be read".format(**summary.totals),
        highlight=False,
    )
    if feeds := len(subjects.podcast_ids):
        console.print(
            f"Feeds that would be polled: {feeds:,}; new episodes there are not included."
        )
    _print_people(summary)
    _print_episodes(summary)


def _print_people(summary: DryRunSummary) -> None:
    people = [row | {"name": row["name"] or "(unknown)"} for row in _people(summary)]
    columns = ("name", "slug", "added", "removed", "moved_in", "moved_out", "net")
    if people:
        print_table(people[:ROWS_SHOWN], columns, title="by person")


def _print_episodes(summary: DryRunSummary) -> None:
    shown = [asdict(diff) for diff in summary.differences[:ROWS_SHOWN]]
    columns = ("episode_id", "episode", "added", "removed", "moved", "updated", "failed")
    if shown:
        print_table(shown, columns, title="by episode")
    if (left_out := len(summary.differences) - ROWS_SHOWN) > 0:
        console.print(f"… and {left_out:,} more: --json")


def _show_counts(repairs: dict[int, dict[str, int]], *, as_json: bool) -> None:
    rows = [{"person_id": person, **repaired} for person, repaired in repairs.items()]
    if as_json:
        print_json({"stage": "counts", "repairs": rows})
        return
    console.print(f"people whose counts would be repaired: {len(rows):,}", highlight=False)
    if rows:
        print_table(rows, list(rows[0]))
