"""The blog's pages: each number leads to its parts, nothing hidden is shown, the feed is valid."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
import rnc2rng
from lxml import etree

from models import IssuePeriod, get_settings
from models.database import in_transaction
from tasks.blog.periods import period_of
from tasks.blog.publish import publish_due
from tasks.blog.store.issues import publish_issue
from tasks.identity import decisions
from tests.factories import NOW, add_episode, execute, one
from tests.integration.tasks.blog.test_issues import TALK, heard
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.reading import Page
from tests.paths import DATA

WEEK = period_of(IssuePeriod.week, date(2026, 2, 25))


@pytest.fixture
def published(client: httpx.Client) -> httpx.Client:
    heard(date(2026, 2, 24), *TALK)
    heard(date(2026, 2, 26), *TALK, "Cy Young: <b>Also</b> here.", url="https://other.example/f")
    for period in (WEEK, period_of(IssuePeriod.month, WEEK.begins_on)):
        assert in_transaction(publish_issue, period)
    return client


def test_each_number_clicked_gives_that_number(published: httpx.Client) -> None:
    page = Page("", published.get("/blog/2026-w09"))
    links = page.attributes("//a[@data-number]/@href")
    assert len(links) > 8
    for href, number in zip(links, page.attributes("//a[@data-number]/@data-number"), strict=True):
        clicked = Page("", published.get(href))
        assert clicked.attributes("//*[@data-frozen]/@data-frozen") == [number]
        assert clicked.texts("//*[@data-now]") == clicked.texts("//*[@data-frozen]")
        parts = clicked.attributes("//*[@data-amount]/@data-amount")
        assert sum(map(int, parts)) == int(number)


def test_totals_say_what_share_was_heard_named_and_right(published: httpx.Client) -> None:
    unknown = heard(date(2026, 2, 25), "Speaker 1: Hm.", url="https://silent.example/feed")
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=unknown)
    in_transaction(add_episode, podcast, guid="silent", stats_date=date(2026, 2, 27))
    execute("""
        INSERT INTO audit_answer (seed, episode_id, label, person_id, method, version, actor,
                                  correct, at)
        SELECT seed, s.episode_id, s.label, s.person_id, 'name', 1, 'me', seed > 1, '2026-02-26'
        FROM speaker s, generate_series(1, 4) seed WHERE s.label = 'Cy Young'
    """)
    execute("DELETE FROM blog_issue")
    in_transaction(publish_issue, WEEK)
    shown = Page("", published.get("/blog/2026-w09"))
    totals = shown.texts("//section[@aria-labelledby='totals']//*[@class='under']")
    assert totals == ["75% of those published", "88% of all heard", "75% of them correct"]


def test_later_changes_are_noted_beside_the_frozen_number(published: httpx.Client) -> None:
    assert "changed since" not in published.get("/blog/2026-w09").text
    heard(date(2026, 2, 27), "Ann Smith: One more.")
    text = published.get("/blog/2026-w09").text
    assert "changed since" in text
    number = Page("", published.get("/blog/2026-w09/most_heard/1"))
    assert (number.texts("//*[@data-frozen]"), number.texts("//*[@data-now]")) == (["4"], ["5"])


def quotes(client: httpx.Client) -> dict[str, str]:
    """The words of each person who is quoted in the issue."""
    page = Page("", client.get("/blog/2026-w09"))
    quoted = "//section[@aria-labelledby='quotes']"
    names = page.texts(f"{quoted}//span[@class='under']/a")
    return dict(zip(names, page.texts(f"{quoted}//blockquote"), strict=True))


def decide(kind: str, **fields: Any) -> int:
    decided = in_transaction(decisions.decide, kind, "me", "because", now=NOW, **fields)
    return int(decided.id)


def person(slug: str) -> int:
    return int(one("SELECT id FROM person WHERE slug = :slug", slug=slug))


def quoted_episode() -> int:
    return int(one("SELECT e.id FROM episode e WHERE e.stats_date = '2026-02-26'"))


CORRECTIONS: dict[str, Callable[[], int]] = {
    "reassigned": lambda: decide(
        "assign", person_id=person("bob-jones"), episode_id=quoted_episode(), label="Cy Young"
    ),
    "not a person": lambda: decide("not_a_person", label="Cy Young", episode_id=quoted_episode()),
    "quarantined there": lambda: decide(
        "quarantine",
        person_id=person("cy-young"),
        podcast_id=one("SELECT podcast_id FROM episode WHERE id = :id", id=quoted_episode()),
    ),
}


@pytest.mark.parametrize("correction", CORRECTIONS)
def test_quote_that_was_corrected_is_left_out_and_noted(
    published: httpx.Client, correction: str
) -> None:
    heard(date(2026, 2, 25), "Cy Young: Counted elsewhere, too.")  # so the person stays shown
    assert quotes(published) == {
        "Ann Smith": "Hello there, all of you.",
        "Cy Young": "<b>Also</b> here.",
    }
    decision = CORRECTIONS[correction]()
    assert quotes(published) == {"Ann Smith": "Hello there, all of you."}
    assert "1 quote is left out: after a correction" in published.get("/blog/2026-w09").text
    decide("undo", decision_id=decision)
    assert "Cy Young" in quotes(published)
    assert "left out" not in published.get("/blog/2026-w09").text


def test_quote_has_the_present_name_of_the_person(published: httpx.Client) -> None:
    decide("merge", person_id=person("cy-young"), target_person_id=person("bob-jones"))
    decide("rename", person_id=person("bob-jones"), name="Robert Jones")
    assert quotes(published)["Robert Jones"] == "<b>Also</b> here."
    assert "Cy Young" not in quotes(published)


def test_suppressed_person_is_on_no_page_of_the_blog(published: httpx.Client) -> None:
    assert "Ann Smith" in published.get("/blog/2026-w09").text
    execute("UPDATE person SET state = 'suppressed' WHERE slug = 'ann-smith'")
    for path in ("", "/longest/1", "/most_heard/2", "/preview.png"):
        assert b"Ann Smith" not in published.get(f"/blog/2026-w09{path}").content
    assert published.get("/blog/2026-w09/most_heard/1").status_code == 404
    assert "can no longer be shown" in published.get("/blog/2026-w09").text


def test_removed_podcast_is_named_on_no_page_of_the_blog(published: httpx.Client) -> None:
    execute("UPDATE podcast SET title = 'A secret show' WHERE feed_url LIKE '%other%'")
    execute("DELETE FROM blog_issue")
    in_transaction(publish_issue, WEEK)
    assert "A secret show" in published.get("/blog/2026-w09/most_heard/1").text
    execute("UPDATE podcast SET state = 'removed' WHERE title = 'A secret show'")
    for path in ("", "/most_heard/1", "/totals/1", "/totals/2"):
        assert "A secret show" not in published.get(f"/blog/2026-w09{path}").text


@pytest.mark.parametrize(
    "path",
    ["1999-w01", "2026-w99", "2026-w09/most_heard/99", "2026-w09/nothing/1", "posts/none", "x"],
)
def test_page_that_does_not_exist_is_404(published: httpx.Client, path: str) -> None:
    assert published.get(f"/blog/{path}").status_code in {404, 422}


def test_feed_is_valid_atom(published: httpx.Client, posts: Path) -> None:
    """Against the schema of RFC 4287, Appendix B, with its Schematron rules."""
    (posts / "hello.md").write_text("---\ntitle: A <b>& c\ndate: 2026-02-01\n---\nHello.\n")
    # XML has no prefix for "no namespace", which the compact syntax has.
    grammar = rnc2rng.dumps(rnc2rng.load(str(RNC))).replace('xmlns:local=""', "")
    schema = etree.RelaxNG(etree.XML(grammar.encode()))
    answer = published.get("/blog/feed.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    document = etree.fromstring(answer.content)
    assert schema.validate(document), schema.error_log
    for rule in RULES:
        assert document.xpath(rule, namespaces={"atom": "http://www.w3.org/2005/Atom"}), rule
    atom = "{http://www.w3.org/2005/Atom}"
    assert [entry.findtext(f"{atom}title") for entry in document.findall(f"{atom}entry")] == [
        "Week 9 of 2026",
        "February 2026",
        "A <b>& c",
    ]
    for identifier in document.findall(f"{atom}id"):
        document.remove(identifier)
    assert not schema.validate(document)


RNC = DATA / "atom" / "rfc4287.rnc"
# The Schematron rules of the RFC's schema: who wrote it, and where an entry leads.
RULES = (
    "atom:author or not(atom:entry[not(atom:author)])",
    "not(atom:entry[not(atom:link[@rel='alternate'] or atom:link[not(@rel)] or atom:content)])",
    "not(atom:entry[not(atom:author or ../atom:author or atom:source/atom:author)])",
)


@pytest.fixture
def posts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVERHEARD_BLOG_POSTS", str(tmp_path))
    get_settings.cache_clear()
    return tmp_path


def test_post_is_shown_and_its_markup_is_harmless(client: httpx.Client, posts: Path) -> None:
    (posts / "hello.md").write_text(
        "---\ntitle: Hello <script>\ndate: 2026-02-01\n---\n*Hi* <script>alert(1)</script>\n"
    )
    page = Page("", client.get("/blog/posts/hello"))
    assert page.texts("//h1") == ["Hello <script>"]
    assert page.texts("//em") == ["Hi"]
    assert "alert(1)" not in page.answer.text
    assert page.attributes("//main//script") == []
    assert Page("", client.get("/blog")).texts("//li//a[@class='title']") == ["Hello <script>"]


def test_preview_is_a_picture(published: httpx.Client) -> None:
    answer = published.get("/blog/2026-w09/preview.png")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert answer.content == published.get("/blog/2026-w09/preview.png").content


def test_archive_leads_to_issues_and_issues_to_their_neighbours(published: httpx.Client) -> None:
    listed = Page("", published.get("/blog")).attributes("//li//a[@class='title']/@href")
    assert listed == ["/blog/2026-w09", "/blog/2026-02"]
    heard(date(2026, 3, 4), *TALK)
    in_transaction(publish_issue, period_of(IssuePeriod.week, date(2026, 3, 4)))
    later = Page("", published.get("/blog/2026-w09")).attributes("//a[@rel='next']/@href")
    assert later == ["/blog/2026-w10"]
    earlier = Page("", published.get("/blog/2026-w10")).attributes("//a[@rel='prev']/@href")
    assert earlier == ["/blog/2026-w09"]


def test_empty_blog_says_what_is_published_by_itself(client: httpx.Client) -> None:
    heard(date(2023, 2, 24), *TALK)
    add_accounts()
    assert publish_due() == []  # it ended long ago
    text = client.get("/blog").text
    assert "that ended lately are published by themselves" in text
    assert "The first issue appears" not in text
    assert "overheard blog publish --all" not in text
    enter(client)
    assert "<code>overheard blog publish --all</code>" in client.get("/blog").text
    assert "2023-w08" in publish_due(everything=True)  # what that command does
    assert "Nothing yet" not in client.get("/blog").text
