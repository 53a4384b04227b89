"""What was typed, by a table of a hundred shapes of links."""

import csv

import pytest

from tasks.links.classify import classify_link
from tasks.links.values import LinkRefusal
from tests.paths import DATA

LINKS = [
    tuple(row)
    for row in csv.reader(
        (DATA / "links" / "links.tsv").read_text().splitlines()[1:],
        delimiter="\t",
        quoting=csv.QUOTE_NONE,
    )
]


@pytest.mark.parametrize(("link", "result", "value"), LINKS, ids=[row[0][:50] for row in LINKS])
def test_link_is_classified_as_in_the_table(link: str, result: str, value: str) -> None:
    classified = classify_link(link)
    if isinstance(classified, LinkRefusal):
        assert (classified.reason, "") == (result, value)
        assert classified.message.endswith(".")
        assert classified.next_step.endswith(".")
    else:
        found = f"{classified.value} {classified.country}".strip()
        assert (classified.kind.value, found) == (result, value)


def test_table_has_more_than_sixty_shapes() -> None:
    assert len({row[0] for row in LINKS}) == len(LINKS) > 60


@pytest.mark.parametrize("text", ["x" * 100_000, "http://[", "\x00", "feed:", "id" + "9" * 99, "%"])
def test_hostile_text_is_classified_without_an_exception(text: str) -> None:
    assert classify_link(text)
