"""A dry run reports exactly what a re-ingest then changes, and writes nothing itself."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from models import Stage
from models.database import in_transaction
from tasks.http.values import body_hash
from tasks.raw.store import store_raw
from tasks.reingest.diff import EpisodeDiff
from tasks.reingest.request import find_subjects
from tasks.reingest.store.dry_run import dry_run_episodes
from tasks.reingest.values import ReingestScope
from tests.factories import (
    add_episode,
    add_podcast,
    differences,
    execute,
    figures,
    one,
    rows,
    until_a_statement_waits_for_a_lock,
)
from tests.integration.commands import Run, run
from tests.integration.tasks.reingest.test_reingest import (
    VTT,
    add_stored_body,
    create_request,
    episode_with_stored_body,
    run_jobs,
)

__all__ = ["run"]

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.slow]

EPISODES = 200
NAMES = [
    *("Ann Smith", "ANN SMITH", "Bob Jones", "Cid Low", "Dee", "Speaker 1", "Eve Oak", "Fay Ash"),
    *("Guy Elm", "Dr. Bob Jones"),
]
TABLES = (
    *("speaker", "appearance", "person", "person_name", "person_day", "person_podcast"),
    *("transcript", "job", "raw_body"),
)


class Cue(NamedTuple):
    """A cue of a transcript: speaker, text and duration in seconds."""

    name: str
    words: str
    seconds: int


def transcript(cues: Sequence[Cue]) -> bytes:
    at, blocks = 0, ["WEBVTT"]
    for cue in cues:
        until = at + cue.seconds
        blocks.append(f"{clock(at)} --> {clock(until)}\n<v {cue.name}>{cue.words}")
        at = until
    return "\n\n".join(blocks).encode()


def clock(seconds: int) -> str:
    return f"{seconds // 60:02}:{seconds % 60:02}.000"


def random_cues(rng: random.Random) -> list[Cue]:
    cast = rng.sample(NAMES, 3)
    texts = [f"{rng.choice(['Yes', 'No', 'Well'])} {rng.randrange(4)}." for _ in range(14)]
    return [Cue(rng.choice(cast), words, rng.randint(1, 9)) for words in texts]


def with_random_edits(cues: list[Cue], rng: random.Random) -> list[Cue]:
    """The cues after up to three edits of the kinds that publishers make."""
    for _ in range(rng.randrange(4)):
        edit = rng.choice([_renamed, _relabelled, _reworded, _with_advert, _cut, _rotated])
        cues = edit(cues, rng)
    return cues


def _renamed(cues: list[Cue], rng: random.Random) -> list[Cue]:
    old, new = rng.choice(cues).name, _name(rng)
    return [cue._replace(name=new) if cue.name == old else cue for cue in cues]


def _relabelled(cues: list[Cue], rng: random.Random) -> list[Cue]:
    at = rng.randrange(len(cues))
    return [*cues[:at], cues[at]._replace(name=_name(rng)), *cues[at + 1 :]]


def _reworded(cues: list[Cue], rng: random.Random) -> list[Cue]:
    at = rng.randrange(len(cues))
    return [*cues[:at], cues[at]._replace(words="Hm."), *cues[at + 1 :]]


def _with_advert(cues: list[Cue], _: random.Random) -> list[Cue]:
    return [Cue("Advert", "Buy it.", 30), *cues]


def _cut(cues: list[Cue], rng: random.Random) -> list[Cue]:
    at = rng.randrange(len(cues))
    return cues[:at] + cues[at + 1 :] or cues


def _rotated(cues: list[Cue], rng: random.Random) -> list[Cue]:
    at = rng.randrange(len(cues))
    return [*cues[at:], *cues[:at]]


def _name(rng: random.Random) -> str:
    """A known name, or one of a few new ones."""
    return rng.choice([*NAMES, "Zed Ashby", "Zoe Birch", "Zia Cedar"])


def versions() -> dict[str, list[str]]:
    """The version of every row: its transaction and place."""
    query = "SELECT xmin::text || ctid::text AS version FROM {} ORDER BY 1"
    return {table: [row["version"] for row in rows(query.format(table))] for table in TABLES}


def spoken() -> dict[int, dict[int, tuple[str, str]]]:
    """Label and person by episode and appearance."""
    query = """
        SELECT a.episode_id, a.id, s.label, coalesce(p.slug, '') AS slug FROM appearance a
        JOIN speaker s ON s.id = a.speaker_id LEFT JOIN person p ON p.id = s.person_id
    """
    by_episode: dict[int, dict[int, tuple[str, str]]] = {}
    for row in rows(query):
        by_episode.setdefault(row["episode_id"], {})[row["id"]] = (row["label"], row["slug"])
    return by_episode


def actual_changes(
    before: dict[int, tuple[str, str]], after: dict[int, tuple[str, str]]
) -> dict[str, Any]:
    """The actual changes in an episode: sums, and additions and removals by person."""
    removed = {key: before[key] for key in before if key not in after}
    added = {key: after[key] for key in after if key not in before}
    moved = {
        key: (before[key], after[key])
        for key in before.keys() & after.keys()
        if before[key] != after[key]
    }
    to_another = [(old[1], new[1]) for old, new in moved.values() if old[1] != new[1]]
    return {
        "sums": (len(added), len(removed), len(moved)),
        "added": Counter(slug for _, slug in added.values()),
        "removed": Counter(slug for _, slug in removed.values()),
        "moved_in": Counter(slug for _, slug in to_another),
        "moved_out": Counter(slug for slug, _ in to_another),
    }


def summary(diff: EpisodeDiff) -> dict[str, Any]:
    by_person = {
        change: Counter({p.slug: getattr(p, change) for p in diff.people if getattr(p, change)})
        for change in ("added", "removed", "moved_in", "moved_out")
    }
    return {"sums": (diff.added, diff.removed, diff.moved)} | by_person


def dry_run_all(stage: Stage) -> list[EpisodeDiff]:
    subjects = in_transaction(find_subjects, ReingestScope(everything=True), stage)
    return list(dry_run_episodes(subjects))


def test_dry_run_equals_reingest_for_200_random_edits() -> None:
    rng = random.Random(20260301)  # noqa: S311
    podcasts = [in_transaction(add_podcast) for _ in range(4)]
    texts = [random_cues(rng) for _ in range(EPISODES)]
    urls = ["https://publisher.example/1.vtt"]
    episodes = [
        add_stored_body(
            in_transaction(add_episode, rng.choice(podcasts), transcripts=urls), transcript(t)
        )
        for t in texts
    ]
    run_jobs(create_request(Stage.parse, everything=True))
    for episode, text in zip(episodes, texts, strict=True):
        replace_stored_body(episode, transcript(with_random_edits(text, rng)))

    before, versions_before, totals_before = spoken(), versions(), totals()
    preview = dry_run_all(Stage.parse)
    assert versions() == versions_before

    run_jobs(create_request(Stage.parse, everything=True))
    after = spoken()
    actual = {episode: actual_changes(before[episode], after[episode]) for episode in episodes}
    assert {diff.episode_id: summary(diff) for diff in preview} == actual
    assert sum(diff.any for diff in preview) > EPISODES / 2
    assert any(not diff.any for diff in preview)
    net: Counter[str] = Counter()
    for diff in preview:
        net.update({p.slug: p.net for p in diff.people if p.slug})
    expected = Counter(totals_before)
    expected.update(net)
    assert {k: v for k, v in expected.items() if v} == {k: v for k, v in totals().items() if v}
    assert differences() == 0
    assert not any(diff.any for diff in dry_run_all(Stage.parse))


def replace_stored_body(episode: int, body: bytes) -> None:
    """Replace the stored body of an episode's transcript, without parsing it."""
    in_transaction(store_raw, body_hash(body), body)
    execute(
        "UPDATE transcript SET body_hash = :hash WHERE episode_id = :id",
        hash=body_hash(body),
        id=episode,
    )


def totals() -> dict[str, int]:
    return {row["slug"]: row["appearances"] for row in rows("SELECT slug, appearances FROM person")}


def test_dry_run_of_people_stage_equals_reingest(run: Run) -> None:
    """An older matcher attributed both speakers to one person."""
    episode = episode_with_stored_body()
    run_jobs(create_request(Stage.parse, everything=True))
    bob = one("SELECT id FROM person WHERE slug = 'bob-jones'")
    execute("UPDATE speaker SET matched_person_id = :id, person_id = :id", id=bob)
    run("recount", "--fix")
    output = run("reingest", f"episode:{episode}", "--stage", "people", "--dry-run", "--json").json
    assert figures()["Bob Jones"][0] == 2
    assert (output["added"], output["removed"], output["moved"]) == (0, 0, 1)
    assert {row["slug"]: row["net"] for row in output["people"]} == {
        "ann-smith": 1,
        "bob-jones": -1,
    }
    run_jobs(create_request(Stage.people, everything=True))
    assert {name: row[0] for name, row in figures().items()} == {"Ann Smith": 1, "Bob Jones": 1}
    assert differences() == 0


def test_dry_run_lists_transcripts_that_fail(run: Run) -> None:
    episode = episode_with_stored_body()
    replace_stored_body(episode, b"\x00" * 64)
    output = run("reingest", "all", "--stage", "parse", "--dry-run", "--json").json
    assert (output["episodes"], output["changed"], output["failed"]) == (1, 0, 1)
    assert output["differences"][0]["failed"] == "binary"
    assert (
        "1 episodes cannot be read"
        in run("reingest", "all", "--stage", "parse", "--dry-run").printed
    )
    assert one("SELECT count(*) FROM job") == one("SELECT count(*) FROM reingest_request") == 0


def test_dry_run_lists_gains_and_losses_by_person(run: Run) -> None:
    episode = episode_with_stored_body()
    run_jobs(create_request(Stage.parse, everything=True))
    replace_stored_body(episode, VTT.replace(b"Ann Smith", b"Cid Low"))
    output = run("reingest", f"episode:{episode}", "--stage", "parse", "--dry-run").printed
    assert "1 of 1 episodes would change: 0 appearances added, 0 removed, 1 moved" in output
    assert "Cid Low" in output
    assert list(figures()) == ["Ann Smith", "Bob Jones"]


def test_dry_run_of_counts_lists_people_to_repair(run: Run) -> None:
    episode_with_stored_body()
    run_jobs(create_request(Stage.parse, everything=True))
    execute("UPDATE person SET appearances = 9 WHERE slug = 'ann-smith'")
    output = run("reingest", "all", "--stage", "counts", "--dry-run", "--json").json
    assert [row["totals"] for row in output["repairs"]] == [1]
    assert figures()["Ann Smith"][0] == 9


def test_dry_run_retries_after_lock_timeout() -> None:
    """The dry run gives way to a writer that has the lock, then sees what it wrote."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from models.database import transaction  # noqa: PLC0415
    from tasks.reingest.store.dry_run import dry_run_episode  # noqa: PLC0415
    from tests.factories import spoken as segments  # noqa: PLC0415
    from tests.factories import store  # noqa: PLC0415

    episode = episode_with_stored_body()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            store(session, episode, segments("Ann Smith: Hello."))
            dry_run = pool.submit(dry_run_episode, episode, Stage.parse)
            until_a_statement_waits_for_a_lock()
        diff = dry_run.result()
    assert (diff.added, diff.updated) == (1, 1)
