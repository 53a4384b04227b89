"""The eighth set of judged cases: small podcasts, and who speaks how often in each episode.

Each is read as the service reads it: the feed and the transcripts are fetched from a server, the
jobs run in the order of their rows, and the podcast is resolved again until nothing changes.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from models.database import in_transaction
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.podcasts.store.add import add_by_url
from tasks.polling.poller import poll_claimed_feeds
from tasks.speakers.reresolve import resolve_podcasts
from tests.factories import claim_by_hand, rows
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

_MEDIA = b"https://media.invalid"
_TYPES = {
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".html": "text/html",
    ".txt": "text/plain",
    ".json": "application/json",
}


class ShowScore(NamedTuple):
    """Segments of one podcast, counted: ``right`` under their person, or rightly under nobody.

    ``missing`` are a person's but nobody's here; ``wrong`` are under another name than the right
    one. ``differences`` says where, and which names should not be people at all.
    """

    right: int
    missing: int
    wrong: int
    differences: list[str]


def score_show(folder: Path, publisher: FaultServer) -> ShowScore:
    """Read a podcast in an empty database, and compare who speaks with what is expected."""
    read_show(folder, publisher)
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    other_forms = {form: names[0] for names in expected.get("same", ()) for form in names}
    right = missing = wrong = 0
    differences = []
    for guid, wanted in expected["episodes"].items():
        found = _renamed(_speaking(guid), other_forms)
        right_counts = _renamed(Counter(wanted), other_forms)
        agreed = found & right_counts
        nobody = (found - right_counts)[""]
        right += agreed.total()
        missing += nobody
        wrong += found.total() - agreed.total() - nobody
        if found != right_counts:
            differences.append(
                f"{guid}: {dict(found - right_counts)} instead of {dict(right_counts - found)}"
            )
    people = {row["name"] for row in rows("SELECT name FROM person WHERE appearances > 0")}
    differences += [f"{name!r} is a person" for name in people & {*expected["must_not"]}]
    return ShowScore(right, missing, wrong, differences)


def read_show(folder: Path, publisher: FaultServer) -> None:
    """Poll the feed of a podcast, run its jobs, and resolve it until nothing changes."""
    base = publisher.url(f"/{folder.name}")
    for path in folder.iterdir():
        if path.suffix in _TYPES and path.name != "expected.json":
            headers = {"Content-Type": _TYPES[path.suffix]}
            publisher.serve(
                f"/{folder.name}/{path.name}", Answer(body=path.read_bytes(), headers=headers)
            )
    feed = (folder / "feed.xml").read_bytes()
    feed = feed.replace(_MEDIA + f"/{folder.name}".encode(), base.encode())
    headers = {"Content-Type": "application/rss+xml"}
    url = publisher.serve(f"/{folder.name}/feed.xml", Answer(body=feed, headers=headers))
    podcast_id = in_transaction(add_by_url, url).podcast_id
    assert podcast_id is not None
    poll_claimed_feeds(claim_by_hand(podcast_id))
    _run_jobs()
    while resolve_podcasts():
        _run_jobs()


def _run_jobs() -> None:
    for job in rows("SELECT id FROM job WHERE kind = 'parse' AND state = 'waiting' ORDER BY id"):
        run_job(job["id"], Message("message", "w"), ingest_episode)


def _speaking(guid: str) -> Counter[str]:
    """How many segments each shown person has in an episode, and nobody."""
    query = """
        SELECT CASE WHEN s.status IN ('counted', 'assigned') THEN p.name ELSE '' END AS name,
               count(*) AS segments
        FROM appearance a JOIN speaker s ON s.id = a.speaker_id
        JOIN episode e ON e.id = a.episode_id LEFT JOIN person p ON p.id = s.person_id
        WHERE e.guid = :guid GROUP BY 1
    """
    return Counter({row["name"]: row["segments"] for row in rows(query, guid=guid)})


def _renamed(counts: Counter[str], other_forms: dict[str, str]) -> Counter[str]:
    renamed: Counter[str] = Counter()
    for name, count in counts.items():
        renamed[other_forms.get(name, name)] += count
    return renamed


def shows_in(folder: Path) -> Iterator[Path]:
    """The podcasts of a half of the set."""
    yield from sorted(path.parent for path in folder.glob("*/expected.json"))
