"""Digests: what they say, that they are the same bytes twice, and what they never show."""

from datetime import date

import pytest

from models import IssuePeriod
from models.database import in_transaction
from tasks.blog.document import from_document, to_document
from tasks.blog.periods import DigestPeriod, period_of
from tasks.blog.publish import publish_due
from tasks.blog.store.issues import issue, issues, publish_issue, shown_people
from tasks.blog.store.sections import numbers_now, read_sections
from tasks.blog.values import Digest
from tests.factories import add_episode, add_podcast, execute, rows, spoken, store

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
    (bob,) = rows("SELECT id FROM person WHERE slug = 'bob-jones'")
    del bob
    execute("UPDATE person SET appearances = 0 WHERE slug = 'bob-jones'")
    assert in_transaction(shown_people, ["bob-jones"]) == set()


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
