"""Re-ingest: the same bytes write nothing, and an edit writes exactly the difference."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.acceptance.conftest import Ingested
from tests.acceptance.worlds import edit, url_of
from tests.acceptance.writes import Snapshot, Written, take_snapshot, written

pytestmark = pytest.mark.slow

_SEGMENTS = """
    SELECT a.id, a.text, a.ordinal, s.label FROM appearance a
    JOIN speaker s ON s.id = a.speaker_id JOIN episode e ON e.id = a.episode_id
    WHERE e.guid = %(guid)s ORDER BY a.position
"""


@dataclass
class Change:
    """The snapshots before and after a block."""

    before: Snapshot = field(init=False)
    after: Snapshot = field(init=False)

    @property
    def written(self) -> dict[str, Written]:
        """Rows written, by table."""
        return written(self.before, self.after)


@contextmanager
def observed(ingested: Ingested) -> Iterator[Change]:
    """Record the writes of the block."""
    change = Change()
    with ingested.installation.connect() as connection:
        change.before = take_snapshot(connection)
    yield change
    with ingested.installation.connect() as connection:
        change.after = take_snapshot(connection)


def assert_nothing_written(change: Change) -> None:
    assert change.written == {}
    assert change.after.statistics == change.before.statistics


def counts_agree(ingested: Ingested) -> bool:
    return bool(ingested.installation.read_json("recount")["changed"] == 0)


def test_fetch_stage_of_unchanged_world_writes_nothing(ingested: Ingested) -> None:
    with observed(ingested) as change:
        ingested.installation.overheard("reingest", "all", "--stage", "fetch")
    assert_nothing_written(change)
    assert counts_agree(ingested)


def test_parse_stage_of_unchanged_world_writes_nothing(ingested: Ingested) -> None:
    podcast = url_of(ingested.world, ingested.world.edits.feed)
    with observed(ingested) as change, ingested.world.unreachable():
        ingested.installation.overheard("reingest", f"podcast:{podcast}", "--stage", "parse")
    assert_nothing_written(change)


@dataclass(frozen=True)
class Edited:
    """A podcast before and after its publisher edited three of its episodes."""

    ingested: Ingested
    change: Change
    segments_before: dict[str, list[dict[str, object]]]

    def segments(self, guid: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        """The segments of an episode, before and after."""
        return self.segments_before[guid], _segments(self.ingested, guid)


def _segments(ingested: Ingested, guid: str) -> list[dict[str, object]]:
    return [dict(row) for row in ingested.installation.query(_SEGMENTS, guid=guid)]


@pytest.fixture(scope="module")
def edited(ingested: Ingested) -> Iterator[Edited]:
    """Change a segment, a label, and a title with its enclosure; then re-ingest the podcast."""
    world, edits = ingested.world, ingested.world.edits
    guids = (edits.segment_guid, edits.label_guid, edits.republished_guid)
    before = {guid: _segments(ingested, guid) for guid in guids}
    podcast = url_of(world, edits.feed)
    try:
        edit(world, edits.segment)
        edit(world, edits.label)
        edit(world, *edits.republished)
        with observed(ingested) as change:
            ingested.installation.overheard("reingest", f"podcast:{podcast}", "--stage", "fetch")
        yield Edited(ingested, change, before)
    finally:
        world.restore()


def test_edited_segment_is_one_delete_and_one_insert(edited: Edited) -> None:
    edits = edited.ingested.world.edits
    before, after = edited.segments(edits.segment_guid)
    unchanged = [row for row in after if row in before]
    deleted = [row for row in before if row not in after]
    inserted = [row for row in after if row not in before]
    assert len(unchanged) == len(before) - 1
    assert (len(deleted), len(inserted)) == (1, 1)
    assert edits.segment.old in str(deleted[0]["text"])
    assert edits.segment.new in str(inserted[0]["text"])
    written = edited.change.written["appearance"]
    assert written.inserted == {str(inserted[0]["id"])}
    assert written.deleted == {str(deleted[0]["id"])}


def test_relabelled_speaker_moves_rows_without_insert(edited: Edited) -> None:
    edits = edited.ingested.world.edits
    before, after = edited.segments(edits.label_guid)
    old, new = (_label(cue) for cue in (edits.label.old, edits.label.new))
    moved = {str(row["id"]) for row in before if row["label"] == old}
    assert moved
    assert after == [
        row | {"label": new if row["label"] == old else row["label"]} for row in before
    ]
    assert edited.change.written["appearance"].updated == moved


def _label(voice_tag: str) -> str:
    return voice_tag.removeprefix("<v ").removesuffix(">")


def test_new_title_under_same_guid_updates_one_episode(edited: Edited) -> None:
    guid = edited.ingested.world.edits.republished_guid
    rows = edited.ingested.installation.query(
        "SELECT id, title, audio_url FROM episode WHERE guid = %(guid)s", guid=guid
    )
    assert len(rows) == 1
    new_title, new_audio = (change.new for change in edited.ingested.world.edits.republished)
    assert rows[0]["title"] in new_title or new_title.startswith(f"<title>{rows[0]['title']}")
    assert new_audio in rows[0]["audio_url"]
    assert edited.change.written["episode"] == Written(updated=frozenset({str(rows[0]["id"])}))
    before, after = edited.segments(guid)
    assert before == after


def test_edits_write_nothing_else(edited: Edited) -> None:
    written = edited.change.written
    transcripts = edited.ingested.installation.query(
        "SELECT t.id::text FROM transcript t JOIN episode e ON e.id = t.episode_id "
        "WHERE e.guid = ANY(%(guids)s) AND t.is_selected",
        guids=[edited.ingested.world.edits.segment_guid, edited.ingested.world.edits.label_guid],
    )
    assert written["transcript"] == Written(updated=frozenset(row["id"] for row in transcripts))
    # The old label's speaker is deleted and the new one's inserted, with a new person.
    assert len(written["speaker"].inserted) == len(written["speaker"].deleted) == 1
    assert len(written["person"].inserted) == len(written["person_name"].inserted) == 1
    assert not written["person"].deleted
    assert "podcast" not in written
    assert counts_agree(edited.ingested)


def test_reverted_edits_restore_counts(edited: Edited) -> None:
    ingested = edited.ingested
    ingested.world.restore()
    podcast = url_of(ingested.world, ingested.world.edits.feed)
    ingested.installation.overheard("reingest", f"podcast:{podcast}", "--stage", "fetch")
    assert ingested.installation.read_json("people", "list", "--limit", "0") == ingested.people
    assert counts_agree(ingested)
