"""A dry run announces exactly what the real thing makes, and writes nothing itself."""

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
from tasks.reingest.values import Scope
from tests.factories import (
    add_episode,
    add_podcast,
    differences,
    execute,
    figures,
    one,
    rows,
    until_somebody_waits_for_a_lock,
)
from tests.integration.commands import Run, run
from tests.integration.tasks.reingest.test_reingest import VTT, ask, do, keep, kept_episode

__all__ = ["run"]

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.slow]

EPISODES = 200
NAMES = ["Ann Smith", "ANN SMITH", "Bob Jones", "Cid Low", "Dee", "Speaker 1", "Eve Oak", "Fay Ash",
         "Guy Elm", "Dr. Bob Jones"]  # fmt: skip
TABLES = ("speaker", "appearance", "person", "person_name", "person_day", "person_podcast",
          "transcript", "job", "raw_body")  # fmt: skip


class Cue(NamedTuple):
    """A line of a transcript: who, what, and for how many seconds."""

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


def invented(chance: random.Random) -> list[Cue]:
    cast = chance.sample(NAMES, 3)
    said = [f"{chance.choice(['Yes', 'No', 'Well'])} {chance.randrange(4)}." for _ in range(14)]
    return [Cue(chance.choice(cast), words, chance.randint(1, 9)) for words in said]


def edited(cues: list[Cue], chance: random.Random) -> list[Cue]:
    """The same with up to three edits, as publishers make them."""
    for _ in range(chance.randrange(4)):
        edit = chance.choice([_renamed, _relabelled, _reworded, _with_advert, _cut, _turned])
        cues = edit(cues, chance)
    return cues


def _renamed(cues: list[Cue], chance: random.Random) -> list[Cue]:
    old, new = chance.choice(cues).name, _name(chance)
    return [cue._replace(name=new) if cue.name == old else cue for cue in cues]


def _relabelled(cues: list[Cue], chance: random.Random) -> list[Cue]:
    at = chance.randrange(len(cues))
    return [*cues[:at], cues[at]._replace(name=_name(chance)), *cues[at + 1 :]]


def _reworded(cues: list[Cue], chance: random.Random) -> list[Cue]:
    at = chance.randrange(len(cues))
    return [*cues[:at], cues[at]._replace(words="Hm."), *cues[at + 1 :]]


def _with_advert(cues: list[Cue], _: random.Random) -> list[Cue]:
    return [Cue("Advert", "Buy it.", 30), *cues]


def _cut(cues: list[Cue], chance: random.Random) -> list[Cue]:
    at = chance.randrange(len(cues))
    return cues[:at] + cues[at + 1 :] or cues


def _turned(cues: list[Cue], chance: random.Random) -> list[Cue]:
    at = chance.randrange(len(cues))
    return [*cues[at:], *cues[:at]]


def _name(chance: random.Random) -> str:
    """A name that is known, or one of a few that nobody has yet."""
    return chance.choice([*NAMES, "Zed Ashby", "Zoe Birch", "Zia Cedar"])


def versions() -> dict[str, list[str]]:
    """Of every row, which transaction wrote it where."""
    query = "SELECT xmin::text || ctid::text AS version FROM {} ORDER BY 1"
    return {table: [row["version"] for row in rows(query.format(table))] for table in TABLES}


def spoken() -> dict[int, dict[int, tuple[str, str]]]:
    """By episode and appearance, the label and the person."""
    query = """
        SELECT a.episode_id, a.id, s.label, coalesce(p.slug, '') AS slug FROM appearance a
        JOIN speaker s ON s.id = a.speaker_id LEFT JOIN person p ON p.id = s.person_id
    """
    found: dict[int, dict[int, tuple[str, str]]] = {}
    for row in rows(query):
        found.setdefault(row["episode_id"], {})[row["id"]] = (row["label"], row["slug"])
    return found


def by_hand(
    before: dict[int, tuple[str, str]], after: dict[int, tuple[str, str]]
) -> dict[str, Any]:
    """What was made in an episode: sums, and for each person what came and went."""
    gone = {key: before[key] for key in before if key not in after}
    new = {key: after[key] for key in after if key not in before}
    moved = {key: (before[key], after[key]) for key in before if key in after
             and before[key] != after[key]}  # fmt: skip
    to_another = [(old[1], now[1]) for old, now in moved.values() if old[1] != now[1]]
    return {
        "sums": (len(new), len(gone), len(moved)),
        "added": Counter(slug for _, slug in new.values()),
        "removed": Counter(slug for _, slug in gone.values()),
        "moved_in": Counter(slug for _, slug in to_another),
        "moved_out": Counter(slug for slug, _ in to_another),
    }


def announced(found: EpisodeDiff) -> dict[str, Any]:
    said = {
        word: Counter({p.slug: getattr(p, word) for p in found.people if getattr(p, word)})
        for word in ("added", "removed", "moved_in", "moved_out")
    }
    return {"sums": (found.added, found.removed, found.moved)} | said


def rehearsed(stage: Stage) -> list[EpisodeDiff]:
    subjects = in_transaction(find_subjects, Scope(everything=True), stage)
    return list(dry_run_episodes(subjects))


def test_for_random_edits_of_200_transcripts_what_is_announced_is_what_is_made() -> None:
    chance = random.Random(20260301)  # noqa: S311
    podcasts = [in_transaction(add_podcast) for _ in range(4)]
    texts = [invented(chance) for _ in range(EPISODES)]
    urls = ["https://publisher.example/1.vtt"]
    episodes = [
        keep(in_transaction(add_episode, chance.choice(podcasts), transcripts=urls), transcript(t))
        for t in texts
    ]
    do(ask(Stage.parse, everything=True))
    for episode, text in zip(episodes, texts, strict=True):
        edit_kept(episode, transcript(edited(text, chance)))

    before, versions_before, figures_before = spoken(), versions(), totals()
    preview = rehearsed(Stage.parse)
    assert versions() == versions_before

    do(ask(Stage.parse, everything=True))
    after = spoken()
    made = {episode: by_hand(before[episode], after[episode]) for episode in episodes}
    assert {one.episode_id: announced(one) for one in preview} == made
    assert sum(one.any for one in preview) > EPISODES / 2
    assert any(not one.any for one in preview)
    net: Counter[str] = Counter()
    for difference in preview:
        net.update({p.slug: p.net for p in difference.people if p.slug})
    expected = Counter(figures_before)
    expected.update(net)
    assert {k: v for k, v in expected.items() if v} == {k: v for k, v in totals().items() if v}
    assert differences() == 0
    assert not any(one.any for one in rehearsed(Stage.parse))


def edit_kept(episode: int, body: bytes) -> None:
    """Let what is kept of an episode be something else, without reading it."""
    in_transaction(store_raw, body_hash(body), body)
    execute(
        "UPDATE transcript SET body_hash = :hash WHERE episode_id = :id",
        hash=body_hash(body), id=episode,
    )  # fmt: skip


def totals() -> dict[str, int]:
    return {row["slug"]: row["appearances"] for row in rows("SELECT slug, appearances FROM person")}


def test_what_the_people_stage_announces_is_what_it_makes(run: Run) -> None:
    """An older matcher gave one speaker's words to another person, and left one unknown."""
    episode = kept_episode()
    do(ask(Stage.parse, everything=True))
    bob = one("SELECT id FROM person WHERE slug = 'bob-jones'")
    execute("UPDATE speaker SET matched_person_id = :id, person_id = :id", id=bob)
    run("recount", "--fix")
    said = run("reingest", "--episode", episode, "--stage", "people", "--dry-run", "--json").json
    assert figures()["Bob Jones"][0] == 2
    assert (said["added"], said["removed"], said["moved"]) == (0, 0, 1)
    assert {one["slug"]: one["net"] for one in said["people"]} == {"ann-smith": 1, "bob-jones": -1}
    do(ask(Stage.people, everything=True))
    assert {name: row[0] for name, row in figures().items()} == {"Ann Smith": 1, "Bob Jones": 1}
    assert differences() == 0


def test_a_dry_run_says_which_transcripts_cannot_be_read(run: Run) -> None:
    episode = kept_episode()
    edit_kept(episode, b"\x00" * 64)
    said = run("reingest", "--all", "--stage", "parse", "--dry-run", "--json").json
    assert (said["episodes"], said["changed"], said["failed"]) == (1, 0, 1)
    assert said["differences"][0]["failed"] == "binary"
    assert "1 episodes cannot be read" in run(
        "reingest", "--all", "--stage", "parse", "--dry-run"
    ).said  # fmt: skip
    assert one("SELECT count(*) FROM job") == one("SELECT count(*) FROM reingest_request") == 0


def test_a_dry_run_for_people_shows_who_gains_and_who_loses(run: Run) -> None:
    episode = kept_episode()
    do(ask(Stage.parse, everything=True))
    edit_kept(episode, VTT.replace(b"Ann Smith", b"Cid Low"))
    said = run("reingest", "--episode", episode, "--stage", "parse", "--dry-run").said
    assert "1 of 1 episodes would change: 0 appearances added, 0 removed, 1 moved" in said
    assert "Cid Low" in said
    assert list(figures()) == ["Ann Smith", "Bob Jones"]


def test_a_dry_run_of_the_counts_says_whose_figures_would_be_repaired(run: Run) -> None:
    kept_episode()
    do(ask(Stage.parse, everything=True))
    execute("UPDATE person SET appearances = 9 WHERE slug = 'ann-smith'")
    said = run("reingest", "--all", "--stage", "counts", "--dry-run", "--json").json
    assert [row["totals"] for row in said["repairs"]] == [1]
    assert figures()["Ann Smith"][0] == 9


def test_a_dry_run_waits_for_a_writer_only_so_long_and_begins_anew() -> None:
    """A writer holds the episode: the rehearsal gives way, and sees what was written meanwhile."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from models.database import transaction  # noqa: PLC0415
    from tasks.reingest.store.dry_run import dry_run_episode  # noqa: PLC0415
    from tests.factories import spoken as segments  # noqa: PLC0415
    from tests.factories import store  # noqa: PLC0415

    episode = kept_episode()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            store(session, episode, segments("Ann Smith: Hello."))
            rehearsal = pool.submit(dry_run_episode, episode, Stage.parse)
            until_somebody_waits_for_a_lock()
        found = rehearsal.result()
    assert (found.added, found.updated) == (1, 1)
