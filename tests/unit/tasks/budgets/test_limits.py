"""Each limit on what is read of a stranger's text has a reason code, and is recorded."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.reasons import REASONS
from tasks.budgets.limits import Limit, collected_limits, first_within, read_within, text_within
from tasks.speakers.evidence.spoken_names import read_spoken_names
from tasks.speakers.facts import EpisodeFacts, ShowFacts, StoredTag
from tasks.speakers.naming import read_naming
from tasks.transcripts.labels.known import known_names
from tests.hostile.documents import word

TASKS = Path(__file__).parents[4] / "tasks"
# Where strangers' texts are read. Elsewhere it is refused, or only a message is cut.
READING = ("feeds", "ingest", "speakers", "transcripts")
# Cuts that leave nothing out: more than so many of these refuses the document, or is of ours.
REFUSED_BEYOND = {"MAX_SEGMENTS", "MAX_PARAGRAPHS"}
SHOWN = {"_MAX_EVIDENCE", "MAX_LABEL"}
# How far around a name, a sign or a line is searched.
WINDOWS = {
    *(
        "_MAX_CUE",
        "_MAX_DASHED",
        "_MAX_HEADING",
        "_MAX_HEADER",
        "_MAX_NAME",
        "_MAX_SIGNS",
        "_MAX_TURN",
    ),
    "_MAX_UNSPACED_TEXT",
}


def cuts(tree: ast.AST) -> Iterator[str]:
    """The constants at which something is cut: ``x[:MAX]``, ``islice(x, MAX)``, ``nlargest``."""
    for node in ast.walk(tree):
        bounds: list[ast.expr] = []
        if isinstance(node, ast.Slice) and node.upper is not None:
            bounds = [node.upper]
        elif isinstance(node, ast.Call) and _name_of(node.func) in {"islice", "most_common"}:
            bounds = list(node.args)
        for bound in bounds:
            yield from (
                one.id for one in ast.walk(bound) if isinstance(one, ast.Name) and "MAX" in one.id
            )


def _name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def test_nothing_is_left_out_without_a_limit_that_has_a_code() -> None:
    files = [file for folder in READING for file in (TASKS / folder).rglob("*.py")]
    found = {name for file in files for name in cuts(ast.parse(file.read_text()))}
    assert found - REFUSED_BEYOND - SHOWN - WINDOWS == set()


@pytest.mark.parametrize("limit", Limit)
def test_limit_has_a_reason_code(limit: Limit) -> None:
    assert f"{limit.most:,}" in REASONS[limit.code].clause


def test_limit_is_reached_only_beyond_its_number() -> None:
    with collected_limits() as reached:
        assert len(text_within("x" * 20_000, Limit.LONG_DESCRIPTION)) == 20_000
        assert len(first_within(range(200), Limit.KNOWN_NAMES)) == 200
        assert len(list(read_within(range(200), Limit.KNOWN_NAMES))) == 200
    assert reached == set()
    with collected_limits() as reached:
        assert len(text_within("x" * 20_001, Limit.LONG_DESCRIPTION)) == 20_000
        assert len(first_within(range(51), Limit.FREQUENT_LABELS)) == 50
        assert list(read_within(range(5), Limit.KNOWN_NAMES, already=199)) == [0]
    assert reached == {Limit.LONG_DESCRIPTION, Limit.FREQUENT_LABELS, Limit.KNOWN_NAMES}


def facts(*, description: str = "", turns: int = 0, recurring: int = 0) -> EpisodeFacts:
    names = tuple((f"Ann {word(n)}", 2, False) for n in range(recurring))
    return EpisodeFacts(
        segment_counts=(("Ann", 1),),
        title="",
        description=description,
        author="",
        podcast_author="",
        tags=(StoredTag("Ann Roe"),),
        own_tags=True,
        show=ShowFacts((), 10, names, ()),
        turns=tuple(("Ann", f"Welcome Ann {word(n)}. ") for n in range(turns)),
    )


@pytest.mark.parametrize(
    ("costly", "limits"),
    [
        (facts(), ()),
        (facts(description="x" * 30_000), ("long_description",)),
        (facts(description="Ann Roe, " * 1_100), ("many_names_in_description",)),
        (facts(turns=600), ("many_introductions",)),
        (facts(turns=20_100), ("many_introductions", "many_spoken_names")),
        (facts(recurring=1_001), ("many_recurring_speakers",)),
    ],
)
def test_naming_says_which_limits_it_reached(costly: EpisodeFacts, limits: tuple[str, ...]) -> None:
    assert read_naming(costly).limits == limits


def test_known_names_beyond_the_limit_reach_it() -> None:
    with collected_limits() as reached:
        known_names(word(n) for n in range(201))
    assert reached == {Limit.KNOWN_NAMES}


def test_signs_of_spoken_names_beyond_the_limit_reach_it() -> None:
    with collected_limits() as reached:
        read_spoken_names((f"Speaker {n}", f"I'm Ann {word(n)}.") for n in range(401))
    assert reached == {Limit.NAME_SIGNS}
