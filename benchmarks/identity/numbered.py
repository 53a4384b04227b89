"""How well diarized speakers are matched: whole shows with their labels replaced by numbers.

`python -m benchmarks.identity.numbered --data FOLDER` reads the database that the score left in a
folder. In every episode the labels become "Speaker 1", "Speaker 2", … in the order of their first
segments. The match of the original label is the expected result: a speaker whom it does not name
is nobody, and a name for them is wrong. The labelled set is not used.
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
from tasks.speakers.evidence.interview import guest_of_two
from tasks.speakers.evidence.introductions import read_introductions
from tasks.speakers.evidence.spoken_names import greeted_names, read_spoken_names
from tasks.speakers.evidence.title_mentions import names_in_text
from tasks.speakers.facts import Turn
from tasks.speakers.match import match
from tasks.speakers.names.nicknames import is_nickname
from tasks.speakers.names.similarity import is_misheard_name, shorter_forms
from tasks.speakers.naming import context_of
from tasks.speakers.store.evidence import episode_evidence
from tasks.speakers.values import EpisodeContext, SpeakerMatch
from tasks.transcripts.values import Segment

_EPISODES = text("SELECT DISTINCT episode_id FROM speaker ORDER BY 1")
_SEGMENT_COUNTS = text("SELECT label, appearances FROM speaker WHERE episode_id = :id")
_TEXTS = text("""
    SELECT s.label, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE a.episode_id = :id ORDER BY a.position, a.id
""")

Compared = tuple[SpeakerMatch, SpeakerMatch]


def main() -> None:
    """Replace labels, match, compare, and print precision by method."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.identity.numbered", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder of the database")
    with database_in(parser.parse_args().data):
        compared = list(_world())
    methods: defaultdict[str, list[Compared]] = defaultdict(list)
    for one in compared:
        methods[one[1].method].append(one)
    for method, of_method in sorted(methods.items()):
        print(f"{method:<12} {_score(of_method).precision}")
    print(f"all          {_score(compared).precision}, recall {_score(compared).recall}")


def _world() -> Iterator[Compared]:
    ids = in_transaction(lambda session: session.connection().execute(_EPISODES).scalars().all())
    for episode_id in ids:
        yield from in_transaction(_compared, episode_id)


def _compared(session: Session, episode_id: int) -> list[Compared]:
    """For every speaker the match of its label, and the match of its number."""
    params = {"id": episode_id}
    turns = [(row.label, row.text) for row in session.connection().execute(_TEXTS, params)]
    counts = session.connection().execute(_SEGMENT_COUNTS, params)
    segment_counts = {row.label: row.appearances for row in counts}
    segments = [Segment(label, text) for label, text in turns]
    facts = episode_evidence(session, episode_id, segment_counts, segments).facts
    context = context_of(facts, tuple(names_in_text(facts.title, facts.description)))
    expected = match(context)
    numbers = _numbers(turns)
    matched = match(numbered(context, turns, numbers))
    return [(expected[label], matched[number]) for label, number in numbers.items()]


def numbered(context: EpisodeContext, turns: list[Turn], numbers: dict[str, str]) -> EpisodeContext:
    """The context of an episode if its labels were these numbers."""
    numbered_turns = [(numbers.get(label, ""), text) for label, text in turns]
    return replace(
        context,
        segment_counts={
            numbers.get(key, ""): count for key, count in context.segment_counts.items()
        },
        introductions=read_introductions(numbered_turns),
        direct_addresses=read_direct_address(numbered_turns),
        spoken=read_spoken_names(numbered_turns),
        greeted=greeted_names(numbered_turns),
        guest_label=guest_of_two(numbered_turns),
    )


def _numbers(turns: list[Turn]) -> dict[str, str]:
    labels = dict.fromkeys(label for label, _ in turns if label)
    return {label: f"Speaker {number}" for number, label in enumerate(labels, 1)}


def _score(compared: list[Compared]) -> Score:
    named = [pair for pair in compared if pair[1].name is not None]
    right = sum(_is_same(*(one.name.key if one.name else "" for one in pair)) for pair in named)
    nameable = sum(expected.name is not None for expected, _ in compared)
    return Score(named=len(named), right=right, nameable=nameable)


def _is_same(one: str, other: str) -> bool:
    """Whether two names can belong to one person: a spoken name may be a form of a written one."""
    if one == other or is_misheard_name(one, other):
        return True
    if one in shorter_forms(other) or other in shorter_forms(one):
        return True
    a, b = one.split(), other.split()
    return a[-1:] == b[-1:] and (a[0] == b[0] or is_nickname(a[0], b[0]))


if __name__ == "__main__":
    main()
