"""Digests: what they say, that they are the same bytes twice, and what they never show."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from models import IssuePeriod
from models.database import in_transaction
from tasks.blog.document import from_document, to_document
from tasks.blog.periods import DigestPeriod, period_of
from tasks.blog.publish import publish_due
from tasks.blog.store.issues import issue, issues, publish_issue, shown_people
from tasks.blog.store.sections import numbers_now, read_sections
from tasks.blog.values import Digest
from tasks.feeds.store import store_feed
from tasks.feeds.values import Feed, Item
from tasks.identity import decisions
from tests.factories import NOW, add_episode, add_podcast, execute, one, rows, spoken, store

WEEK = period_of(IssuePeriod.week, date(2026, 2, 25))
TALK = ("Ann Smith: Hello there, all of you.", "Bob Jones: Yeah.", "Ann Smith: So it goes.")


def heard(day: date, *turns: str, url: str = "https://podcast.example/feed") -> int:
    found = rows("SELECT id FROM podcast WHERE feed_url = :url", url=url)
    podcast = found[0]["id"] if found else in_transaction(add_podcast, url=url)
    execute("UPDATE podcast SET title = 'The Lamp Room' WHERE id = :id", id=podcast)
    episode = in_transaction(
        add_episode, podcast, guid=f"{url} {day}", stats_date=day, title=f"Of {day}"
    )
    in_transaction(store, episode, spoken(*turns))
    return episode


@pytest.fixture
def week(database: str) -> DigestPeriod:
    del database
    heard(date(2026, 2, 18), "Ann Smith: Before.", "Cy Young: Before.")
    heard(date(2026, 2, 24), *TALK)
    heard(date(2026, 2, 26), *TALK, "Cy Young: Also here.", url="https://other.example/feed")
    return WEEK


def decide(kind: str, at: datetime = NOW, **fields: Any) -> None:
    in_transaction(decisions.decide, kind, "me", "because", now=at, **fields)


def document() -> str:
    assert in_transaction(publish_issue, WEEK)
    found = in_transaction(issue, WEEK.name)
    assert found
    return found.document


def digest() -> Digest:
    return Digest(tuple(in_transaction(read_sections, WEEK)))


def numbers(section: str) -> dict[str, int | None]:
    found = [each for each in digest().sections if each.name == section]
    return {row.key: row.number for each in found for row in each.rows}


def test_digest_counts_what_was_heard_in_the_period(week: DigestPeriod) -> None:
    del week
    assert numbers("most_heard") == {"ann-smith": 4, "bob-jones": 2, "cy-young": 1}
    assert numbers("first_heard") == {"bob-jones": 2}
    assert numbers("rose") == {"ann-smith": 3}
    assert list(numbers("longest").values()) == [40_000, 30_000]
    assert numbers("totals") == {
        "published": 2,
        "episodes": 2,
        "heard": 7,
        "named": 7,
        "added": 2,
    }
    quotes = next(each for each in digest().sections if each.name == "quotes").rows
    assert [(row.key, row.text) for row in quotes] == [
        ("ann-smith", "Hello there, all of you."),
        ("cy-young", "Also here."),
    ]


def test_every_number_is_the_sum_of_its_parts(week: DigestPeriod) -> None:
    del week
    counted = [row for each in digest().sections for row in each.rows if row.number is not None]
    assert len(counted) > 8
    assert [sum(part.number for part in row.parts) for row in counted] == [
        row.number for row in counted
    ]


def test_empty_sections_are_left_out(week: DigestPeriod) -> None:
    del week
    assert "topics" not in {section.name for section in digest().sections}


def test_numbers_now_are_those_of_the_digest(week: DigestPeriod) -> None:
    sections = digest().sections
    now = in_transaction(numbers_now, week, sections)
    frozen = {
        (each.name, row.key): row.number
        for each in sections
        for row in each.rows
        if row.number is not None
    }
    assert now == frozen
    heard(date(2026, 2, 27), "Ann Smith: One more.")
    now = in_transaction(numbers_now, week, sections)
    assert now["most_heard", "ann-smith"] == 5
    assert now["totals", "heard"] == 8
    assert now["rose", "ann-smith"] == 4


def test_document_is_the_same_twice_and_after_new_ids(week: DigestPeriod) -> None:
    del week
    first = document()
    assert not in_transaction(publish_issue, WEEK)
    assert to_document(from_document(first)) == first
    assert "example/feed" not in first
    execute("DELETE FROM blog_issue")
    assert document() == first
    # The same words stored again have other ids, and make the same digest.
    for row in rows("SELECT id, stats_date, guid FROM episode ORDER BY id DESC"):
        turns = rows(
            "SELECT s.label, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id "
            "WHERE a.episode_id = :id ORDER BY a.position",
            id=row["id"],
        )
        again = spoken(*(f"{turn['label']}: {turn['text']}" for turn in turns))
        in_transaction(store, row["id"], [])
        in_transaction(store, row["id"], again)
    execute("DELETE FROM blog_issue")
    assert document() == first


def test_suppressed_person_is_in_no_digest_and_hidden_in_old_ones(week: DigestPeriod) -> None:
    del week
    document()
    execute("UPDATE person SET state = 'suppressed' WHERE slug = 'ann-smith'")
    assert "ann-smith" not in numbers("most_heard")
    slugs = ["ann-smith", "bob-jones"]
    assert in_transaction(shown_people, slugs) == {"bob-jones"}


def test_quarantined_speech_is_in_no_digest(week: DigestPeriod) -> None:
    del week
    assert numbers("most_heard") == {"ann-smith": 4, "bob-jones": 2, "cy-young": 1}
    (ann,) = rows("SELECT id FROM person WHERE slug = 'ann-smith'")
    (other,) = rows("SELECT id FROM podcast WHERE feed_url = 'https://other.example/feed'")
    decide("quarantine", person_id=ann["id"], podcast_id=other["id"])
    assert numbers("most_heard") == {"ann-smith": 2, "bob-jones": 2, "cy-young": 1}
    (still,) = [each for each in digest().sections if each.name == "quotes"]
    assert {row.parts[0].title for row in still.rows if row.key == "ann-smith"} == {"Of 2026-02-24"}
    decide("quarantine", person_id=ann["id"])
    assert "Ann Smith" not in document()
    assert numbers("totals")["named"] == 3
    assert in_transaction(shown_people, ["ann-smith", "bob-jones"]) == {"bob-jones"}


def test_decisions_by_people_are_counted_in_their_period(week: DigestPeriod) -> None:
    assert "decided" not in numbers("totals")
    (ann,) = rows("SELECT id FROM person WHERE slug = 'ann-smith'")
    for day in (week.begins_on, week.ends_on, week.ends_on + timedelta(days=1)):
        at = datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
        decide("rename", at, person_id=ann["id"], name=f"Ann Smith {day.day}")
    assert numbers("totals")["decided"] == 2
    (decided,) = [
        row
        for each in digest().sections
        if each.name == "totals"
        for row in each.rows
        if row.key == "decided"
    ]
    assert (decided.name, [part[:3] for part in decided.parts]) == (
        "Decisions by people",
        [("rename", "", 2)],
    )


def test_topics_of_feeds_have_a_section(week: DigestPeriod) -> None:
    del week
    podcast, guid = one("SELECT podcast_id FROM episode WHERE stats_date = '2026-02-24'"), "new"
    item = Item(guid=guid, title="Lamps", categories=("Lighthouses",))
    document = Feed("rss", title="The Lamp Room", categories=("Technology",), items=(item,))
    in_transaction(store_feed, podcast, document, b"<rss/>", NOW)
    assert numbers("topics") == {"technology": 3}
    episode = one("SELECT id FROM episode WHERE guid = :guid", guid=guid)
    execute("UPDATE episode SET stats_date = '2026-02-27' WHERE id = :id", id=episode)
    in_transaction(store, episode, spoken("Ann Smith: Of lamps.", "Ann Smith: And ships."))
    assert numbers("topics") == {"technology": 5, "lighthouses": 2}


def test_publish_due_makes_an_issue_for_each_period(week: DigestPeriod) -> None:
    del week
    names = publish_due(everything=True)
    assert {"2026-w08", "2026-w09", "2026-02"} <= set(names)
    assert publish_due(everything=True) == []
    assert {each.name for each in in_transaction(issues)} == set(names)


def test_period_without_speech_has_no_issue(database: str) -> None:
    del database
    assert not in_transaction(publish_issue, WEEK)
    assert publish_due() == []
