"""How well numbered voices are named: whole shows with their labels replaced by numbers.

`python -m benchmarks.identity.numbered --data FOLDER` reads the database that the score has left in
a folder. In every episode each label becomes "Speaker 1", "Speaker 2", … in the order in which they
are heard; whom the label meant is the truth. Nothing of the labelled set is read.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import database_in
from benchmarks.identity.scoring import Score
from models.database import in_transaction
from tasks.speakers.evidence.direct_address import read_direct_address
from tasks.speakers.evidence.introductions import Turn, read_introductions
from tasks.speakers.match import match
from tasks.speakers.names.nicknames import is_nickname
from tasks.speakers.names.similarity import is_misheard_name, shorter_forms
from tasks.speakers.store.evidence import episode_facts
from tasks.speakers.values import Decision, EpisodeContext
from tasks.transcripts.values import Segment

_EPISODES = text("SELECT DISTINCT episode_id FROM speaker ORDER BY 1")
_VOICES = text("SELECT label, appearances FROM speaker WHERE episode_id = :id")
_WORDS = text("""
    SELECT s.label, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE a.episode_id = :id ORDER BY a.position, a.id
""")

Compared = tuple[Decision, Decision]


def main() -> None:
    """Replace, decide, compare, and print by method."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.identity.numbered", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the database")
    with database_in(parser.parse_args().data):
        compared = [one for one in _world() if one[0].name is not None]
    methods: defaultdict[str, list[Compared]] = defaultdict(list)
    for one in compared:
        methods[one[1].method].append(one)
    for method, some in sorted(methods.items()):
        print(f"{method:<12} {_score(some).precision}")
    print(f"all          {_score(compared).precision}, of all voices {_score(compared).recall}")


def _world() -> Iterator[Compared]:
    ids = in_transaction(lambda session: session.connection().execute(_EPISODES).scalars().all())
    for episode_id in ids:
        yield from in_transaction(_compared, episode_id)


def _compared(session: Session, episode_id: int) -> list[Compared]:
    """Of every voice whom its label means, and whom it would mean with a number."""
    asked = {"id": episode_id}
    words = [(row[0], row[1]) for row in session.connection().execute(_WORDS, asked)]
    voices = {row[0]: row[1] for row in session.connection().execute(_VOICES, asked)}
    said = [Segment(*one) for one in words]
    context = episode_facts(session, episode_id, voices, said).context
    truth = match(context)
    numbers = _numbers(words)
    answer = match(numbered(context, words, numbers))
    return [(truth[label], answer[number]) for label, number in numbers.items()]


def numbered(context: EpisodeContext, words: list[Turn], numbers: dict[str, str]) -> EpisodeContext:
    """What would be known of an episode whose labels were these numbers."""
    said = [(numbers[label], spoken) for label, spoken in words]
    return replace(
        context,
        voices={numbers[label]: count for label, count in context.voices.items()},
        introductions=read_introductions(said),
        addressed=read_direct_address(said),
    )


def _numbers(words: list[Turn]) -> dict[str, str]:
    labels = dict.fromkeys(label for label, _ in words)
    return {label: f"Speaker {number}" for number, label in enumerate(labels, 1)}


def _score(compared: list[Compared]) -> Score:
    answered = [one for one in compared if one[1].name is not None]
    right = sum(_is_same(*(one.name.key if one.name else "" for one in pair)) for pair in answered)
    return Score(named=len(answered), right=right, nameable=len(compared))


def _is_same(one: str, other: str) -> bool:
    """Whether two names are one person's: what is heard may be a form of what is written."""
    if one == other or is_misheard_name(one, other):
        return True
    if one in shorter_forms(other) or other in shorter_forms(one):
        return True
    a, b = one.split(), other.split()
    return a[-1:] == b[-1:] and (a[0] == b[0] or is_nickname(a[0], b[0]))


if __name__ == "__main__":
    main()
