"""feedparser's test feeds: well-formed ones agree on our fields, others do no harm."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import Feed, FeedRefused
from tests.acceptance.corpora import corpus
from tests.acceptance.feedparser_expectations import (
    Expectation,
    concerns,
    disagreement,
    expectations,
    headers,
)

FOLDER = corpus("feedparser")
# Other fields than ours: HTML sanitising, Channel Definition Format, places, chapters, HTTP.
OTHER_SUBJECTS = {"sanitize", "cdf", "geo", "psc", "http"}
WELL_FORMED = sorted(
    path for path in FOLDER.glob("wellformed/*/*.xml") if path.parent.name not in OTHER_SUBJECTS
)
ILL_FORMED = sorted(
    path
    for name in ("illformed", "encoding", "entities")
    for path in (FOLDER / name).rglob("*.xml")
)
LONGEST_SECONDS = 2.0  # the feeds are small, so this would show a hang


def test_well_formed_feeds_agree_on_known_fields() -> None:
    results = dict(compared())
    different = {path: problem for path, problem in results.items() if problem}
    for path, problem in different.items():
        print(f"{path.relative_to(FOLDER)}: {problem}")
    print(f"{len(results) - len(different)} of {len(results)} agree")
    assert len(results) > 400
    assert len(different) <= 0.05 * len(results)


def compared() -> Iterator[tuple[Path, str | None]]:
    """Yield each feed with expectations of our fields, and its first difference."""
    for path in WELL_FORMED:
        text = path.read_bytes().decode("utf-8", "replace")
        served = headers(text)
        if set(served) - {"content-type"}:  # we do not read Content-Location and Content-Language
            continue
        concerned = [each for each in expectations(text) if concerns(each)]
        if concerned:
            yield path, difference(path, served.get("content-type"), concerned)


def difference(path: Path, content_type: str | None, concerned: list[Expectation]) -> str | None:
    try:
        feed = parsed(path, content_type)
    except FeedRefused as refusal:
        return f"refused: {refusal.reason}"
    return next(filter(None, (disagreement(feed, each) for each in concerned)), None)


def parsed(path: Path, content_type: str | None = None) -> Feed:
    # The URL of feedparser's own test server.
    url = f"http://127.0.0.1:8097/tests/{path.relative_to(FOLDER)}"
    return parse_feed(path.read_bytes(), url=url, content_type=content_type)


@pytest.mark.parametrize("path", ILL_FORMED, ids=lambda path: str(path.relative_to(FOLDER)))
def test_ill_formed_feed_is_parsed_or_refused_in_time(path: Path) -> None:
    started = time.monotonic()
    with suppress(FeedRefused):
        parsed(path)
    assert time.monotonic() - started < LONGEST_SECONDS
