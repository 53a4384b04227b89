"""Every number, timeline and list on every page of a world equals the rows, read another way."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import date
from itertools import accumulate, groupby, pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from lxml import etree

from tests.integration.web.facts import Facts, count_by, distinct, facts, month
from tests.integration.web.reading import Page, crawl, number
from tests.integration.web.world import ShownWorld
from web.presenters.filters import duration, percent

pytestmark = pytest.mark.slow

# Pages by what they are about; the crawl finds them by links alone.
PEOPLE = ("marisol-quennerby", "mallory-quillfeather", "zoe-lindqvale-amari")


@pytest.fixture(scope="module")
def reader(world: ShownWorld) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=world.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def pages(reader: httpx.Client) -> dict[str, Page]:
    return crawl(reader)


@pytest.fixture(scope="module")
def truth(world: ShownWorld) -> Facts:
    return facts(world)


def below(pages: dict[str, Page], beginning: str) -> dict[str, Page]:
    """The plain pages below an address, by the rest of it."""
    return {
        address.removeprefix(beginning): page
        for address, page in pages.items()
        if address.startswith(beginning) and not set("?/.") & set(address.removeprefix(beginning))
    }


def people_of(truth: Facts) -> set[str]:
    return {one["slug"] for one in truth.segments if one["slug"]}


def test_every_page_that_a_link_leads_to_is_there(pages: dict[str, Page]) -> None:
    assert {page.answer.status_code for page in pages.values()} == {200}
    assert len(pages) > 60


def test_links_lead_to_every_subjects_page(
    pages: dict[str, Page], truth: Facts, world: ShownWorld
) -> None:
    assert set(below(pages, "/people/")) == people_of(truth)
    assert set(below(pages, "/podcasts/")) == ids(world, "podcast")
    assert set(below(pages, "/episodes/")) == ids(world, "episode")
    assert set(below(pages, "/topics/")) == set(truth.topics)


def ids(world: ShownWorld, table: str) -> set[str]:
    return {str(row["id"]) for row in world.ask(f"SELECT id FROM {table}")}  # noqa: S608


def test_a_persons_figures_are_the_rows(pages: dict[str, Page], truth: Facts) -> None:
    for slug, page in below(pages, "/people/").items():
        expected = truth.of(slug=slug)
        appearances, episodes, podcasts, spoken = page.figures.values()
        assert number(appearances) == len(expected)
        assert number(episodes) == distinct(expected, "episode_id")
        assert number(podcasts) == distinct(expected, "podcast_id")
        assert spoken == duration(truth.spoken_ms[slug]).replace("\N{NO-BREAK SPACE}", " ")
    assert next(iter(pages["/people/marisol-quennerby"].figures)) == "total appearances"


def test_a_persons_timeline_is_the_rows_and_sums_to_the_total(
    pages: dict[str, Page], truth: Facts
) -> None:
    for slug in ("marisol-quennerby", "ingrid-vasmer"):  # of whom the bars are months
        shown = pages[f"/people/{slug}"].timeline
        expected = count_by(truth.of(slug=slug), lambda one: month(one["day"]))
        assert {label: cells[-2] for label, cells in shown.items()} == expected
        assert sum(cells[-2] for cells in shown.values()) == len(truth.of(slug=slug))


def test_timeline_of_each_page_sums_to_its_total(pages: dict[str, Page], truth: Facts) -> None:
    for slug, page in below(pages, "/people/").items():
        assert sum(cells[-2] for cells in page.timeline.values()) == len(truth.of(slug=slug))
    for page in below(pages, "/topics/").values():
        total = number(page.figures["appearances by all speakers"])
        assert sum(cells[-2] for cells in page.timeline.values()) == total


def test_podcast_filter_limits_timeline_and_appearances(
    pages: dict[str, Page], truth: Facts
) -> None:
    filtered = {address: page for address, page in pages.items() if "?podcast=" in address}
    assert filtered
    for address, page in filtered.items():
        slug, _, podcast = address.removeprefix("/people/").partition("?podcast=")
        if not podcast.isdecimal():
            continue
        expected = truth.newest_first(slug=slug, podcast_id=int(podcast))
        assert sum(cells[-2] for cells in page.timeline.values()) == len(expected)
        assert page.attributes("//@data-appearance") == telling_ids(expected)


def by_episode(newest_first: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Appearances in groups of one episode each."""
    return [list(group) for _, group in groupby(newest_first, key=lambda one: one["episode_id"])]


def telling_ids(newest_first: list[dict[str, Any]]) -> list[str]:
    """What a page quotes of the newest seven episodes, by the rule that it names."""
    chosen = []
    for spoken in by_episode(newest_first)[:7]:
        size, larger = divmod(len(spoken), 3)
        cuts = [0, *accumulate(size + (part < larger) for part in range(3))]
        for part in filter(None, (spoken[a:b] for a, b in pairwise(cuts))):
            short = [one for one in part if len(one["text"]) <= 400]
            best = max(short, key=lambda one: len(one["text"])) if short else None
            chosen.append(best or min(part, key=lambda one: len(one["text"])))
    return [str(one["id"]) for one in chosen]


def test_each_episode_of_a_person_is_quoted_by_the_rule(
    pages: dict[str, Page], truth: Facts
) -> None:
    for slug, page in below(pages, "/people/").items():
        expected = truth.newest_first(slug=slug)
        assert page.attributes("//@data-appearance") == telling_ids(expected)
        texts = {str(one["id"]): one["text"] for one in expected}
        shown = [" ".join(text.split()) for text in page.texts("//blockquote/bdi")]
        assert shown == [" ".join(visible(texts[id_]).split()) for id_ in telling_ids(expected)]


def test_the_rest_of_an_episode_is_one_link_away(pages: dict[str, Page], truth: Facts) -> None:
    followed = 0
    for slug, page in below(pages, "/people/").items():
        for spoken in by_episode(truth.newest_first(slug=slug))[:10]:
            address = f"/people/{slug}/episodes/{spoken[0]['episode_id']}"
            link = page.texts(f"//a[@href='{address}']")
            assert link == (
                [f"All {len(spoken)} appearances in this episode"] if len(spoken) > 3 else []
            )
            if link:
                followed += 1
                assert pages[address].attributes("//@data-appearance") == [
                    str(one["id"]) for one in spoken
                ]
    assert followed


def test_a_bar_of_the_timeline_leads_to_its_days(reader: httpx.Client, truth: Facts) -> None:
    for slug in PEOPLE:
        bars = Page("", reader.get(f"/people/{slug}")).root.xpath("//svg[1]//a[@data-since]")
        for bar in [bars[0], bars[-1]]:
            limited = Page("", reader.get(bar.get("href")))
            days = parse_qs(urlsplit(bar.get("href")).query)
            first, last = (date.fromisoformat(days[end][0]) for end in ("since", "until"))
            expected = [one for one in truth.newest_first(slug=slug) if first <= one["day"] <= last]
            assert number(bar.findtext("title").partition(": ")[2]) == len(expected)
            assert limited.attributes("//@data-appearance") == telling_ids(expected)


def visible(text: str) -> str:
    return "".join(c for c in text if c not in "\u200f\u202e\u2066")


def test_filters_by_year_and_words_leave_what_fits(reader: httpx.Client, truth: Facts) -> None:
    address = "/people/marisol-quennerby"
    page = Page(address, reader.get(address, params={"year": 2024, "q": "CLOCK"}))
    fitting = [
        str(one["id"])
        for one in truth.newest_first(slug="marisol-quennerby")
        if one["day"].year == 2024 and "clock" in one["text"].lower()
    ]
    assert fitting
    assert page.attributes("//@data-appearance") == fitting
    nothing = Page(address, reader.get(address, params={"q": "100%_"}))
    assert nothing.attributes("//@data-appearance") == []
    assert "Nothing matches" in nothing.answer.text


def test_the_sides_of_a_person_are_the_rows(pages: dict[str, Page], truth: Facts) -> None:
    for slug, page in below(pages, "/people/").items():
        expected = truth.of(slug=slug)
        by_podcast = count_by(expected, lambda one: one["podcast_id"])
        shown = {
            int(one.get("data-podcast")): number(
                one.xpath(".//span[@class='under']")[0].text_content()
            )
            for one in page.root.xpath("//li[@data-podcast]")
        }
        assert shown == by_podcast
        theirs = {one["episode_id"] for one in expected}
        together = {
            (one["slug"], one["episode_id"])
            for one in truth.segments
            if one["slug"] and one["slug"] != slug and one["episode_id"] in theirs
        }
        others = page.root.xpath("//section[@aria-labelledby='with']//li")
        assert {
            one.xpath(".//a/@href")[0]: number(
                one.xpath(".//span[@class='under']")[0].text_content()
            )
            for one in others
        } == {f"/people/{name}": n for name, n in count_by(together, lambda pair: pair[0]).items()}  # type: ignore[arg-type,index]


def test_how_we_know_sums_to_the_total(pages: dict[str, Page], truth: Facts) -> None:
    for slug, page in below(pages, "/people/").items():
        cells = page.texts("//section[@aria-labelledby='how']//tbody/tr/td[last() - 1]")
        assert sum(map(number, cells)) == len(truth.of(slug=slug))
        labels = set(page.texts("//section[@aria-labelledby='how']//tbody/tr/th"))
        assert labels == {one["label"] for one in truth.of(slug=slug)}


def test_files_have_every_appearance(reader: httpx.Client, truth: Facts) -> None:
    for slug in PEOPLE:
        expected = [str(one["id"]) for one in truth.newest_first(slug=slug)]
        address = f"/people/{slug}"
        rows = list(csv.DictReader(io.StringIO(reader.get(f"{address}/appearances.csv").text)))
        assert [row["id"] for row in rows] == expected
        objects = json.loads(reader.get(f"{address}/appearances.json").text)
        assert [str(one["id"]) for one in objects] == expected
        assert [one["text"] for one in objects] == [
            one["text"] for one in truth.newest_first(slug=slug)
        ]
        feed = etree.fromstring(reader.get(f"{address}/feed.atom").content)
        entries = feed.findall("{http://www.w3.org/2005/Atom}entry")
        assert len(entries) == distinct(truth.of(slug=slug), "episode_id")


def test_a_podcasts_figures_people_and_episodes_are_the_rows(
    pages: dict[str, Page], truth: Facts, world: ShownWorld
) -> None:
    for podcast, page in below(pages, "/podcasts/").items():
        expected = truth.of(podcast_id=int(podcast))
        known = [one for one in expected if one["slug"]]
        appearances, episodes, _, unknown = page.figures.values()
        everything = world.ask(
            "SELECT id FROM episode WHERE podcast_id = %(id)s ORDER BY stats_date DESC, id DESC",
            id=int(podcast),
        )
        assert number(appearances) == len(expected)
        assert episodes == f"{distinct(expected, 'episode_id')} of {len(everything)}"
        nobody = percent(len(expected) - len(known), len(expected)).replace(
            "\N{NO-BREAK SPACE}", " "
        )
        assert unknown == nobody
        by_person = count_by(known, lambda one: one["slug"])
        assert dict.fromkeys(page.attributes("//@data-person")) == dict.fromkeys(
            slug for slug, _ in sorted(by_person.items(), key=lambda one: (-one[1], one[0]))
        )
        assert page.attributes("//@data-episode") == [str(one["id"]) for one in everything]
        counts = map(number, page.texts("//li[@data-episode]/div[@class='count']/b"))
        assert sum(counts) == len(expected)


def test_episode_page_shows_segments_and_speaker_counts(
    pages: dict[str, Page], truth: Facts
) -> None:
    for episode, page in below(pages, "/episodes/").items():
        expected = sorted(truth.of(episode_id=int(episode)), key=lambda one: one["position"])
        assert page.attributes("//div[@class='segment']/@id") == [
            f"s-{one['id']}" for one in expected
        ]
        by_speaker = count_by(expected, lambda one: str(one["speaker_id"]))
        shown = {
            one.get("data-speaker"): number(one.xpath(".//span[@class='under']")[0].text_content())
            for one in page.root.xpath("//li[@data-speaker]")
        }
        assert shown == by_speaker


def test_unknown_and_quarantined_shares_are_shown(pages: dict[str, Page], truth: Facts) -> None:
    with_unknown = 0
    for episode, page in below(pages, "/episodes/").items():
        expected = truth.of(episode_id=int(episode))
        nobodys = [one for one in expected if not one["slug"]]
        share = percent(len(nobodys), len(expected)).replace("\N{NO-BREAK SPACE}", " ")
        assert page.texts("//*[@id='unknown']") == ([share] if nobodys else [])
        with_unknown += bool(nobodys)
    assert with_unknown
    for podcast, page in below(pages, "/podcasts/").items():
        quarantined = truth.of(podcast_id=int(podcast), status="quarantined")
        assert [number(one) for one in page.texts("//*[@id='quarantined']")] == [len(quarantined)][
            : len(quarantined)
        ]


def test_mentions_are_shown_apart_from_appearances(
    pages: dict[str, Page], truth: Facts, world: ShownWorld
) -> None:
    mentions = world.ask("""
        SELECT DISTINCT o.slug, m.episode_id FROM mention m JOIN person_name n ON n.key = m.key
        JOIN person o ON o.id = n.person_id WHERE n.scope = 'global'
    """)
    for slug, page in below(pages, "/people/").items():
        about = {one["episode_id"] for one in mentions if one["slug"] == slug}
        silent = about - {one["episode_id"] for one in truth.of(slug=slug)}
        shown = page.texts("//*[@id='mentioned']")
        assert [numbers_in(one) for one in shown] == [(len(about), len(silent))] * bool(about)
    assert any(one["slug"] for one in mentions)


def numbers_in(text: str) -> tuple[int, ...]:
    return tuple(int(one.replace(",", "")) for one in re.findall(r"[\d,]*\d", text))


def test_a_permanent_link_leads_to_its_segment(reader: httpx.Client, truth: Facts) -> None:
    one = truth.segments[-1]
    target = reader.get(f"/appearances/{one['id']}").headers["location"]
    assert target == f"/episodes/{one['episode_id']}#s-{one['id']}"


def test_a_topics_figures_are_the_rows(pages: dict[str, Page], truth: Facts) -> None:
    for slug, page in below(pages, "/topics/").items():
        about = [one for one in truth.segments if one["episode_id"] in truth.topics[slug]]
        episodes, _, appearances = page.figures.values()
        assert number(episodes) == len(truth.topics[slug])
        assert number(appearances) == len(about)
        people = count_by((o for o in about if o["slug"]), lambda one: one["slug"])
        counts = page.texts("//section[@aria-labelledby='people']//span[@class='count']")
        assert sorted(map(number, counts)) == sorted(people.values())
    assert len(truth.topics["lighthouses"]) == 2


def test_charts_of_all_time_are_the_rows(reader: httpx.Client, truth: Facts) -> None:
    known = [one for one in truth.segments if one["slug"]]
    expected = {
        "people": count_by(known, lambda one: f"/people/{one['slug']}"),
        "podcasts": count_by(truth.segments, lambda one: f"/podcasts/{one['podcast_id']}"),
        "topics": {
            f"/topics/{slug}": sum(one["episode_id"] in about for one in truth.segments)
            for slug, about in truth.topics.items()
        },
    }
    for of, counts in expected.items():
        page = Page(of, reader.get("/charts", params={"of": of, "days": "all"}))
        rows = page.root.xpath("//ol[contains(@class, 'chart-list')]/li")
        shown = {
            row.xpath(".//a/@href")[0]: number(row.xpath(".//b")[0].text_content()) for row in rows
        }
        assert shown == counts
        places = [number(row.xpath(".//span[@class='rank']")[0].text_content()) for row in rows]
        assert places == [
            1 + sum(other > count for other in counts.values()) for count in shown.values()
        ]


def test_lists_and_the_first_page_are_the_rows(
    pages: dict[str, Page], truth: Facts, world: ShownWorld
) -> None:
    known = [one for one in truth.segments if one["slug"]]
    by_person = count_by(known, lambda one: one["slug"])
    most = sorted(by_person.items(), key=lambda one: -one[1])
    home = pages["/"]
    assert [number(figure) for figure in home.figures.values()] == [
        len(known),
        len(by_person),
        len(ids(world, "episode")),
        len(ids(world, "podcast")),
    ]
    heard = home.texts("//section[@aria-labelledby='most-heard']//span[@class='count']")
    assert [number(one) for one in heard] == [count for _, count in most][:8]
    rows = pages["/people"].root.xpath("//table[contains(@class, 'people-table')]/tbody/tr")
    assert {
        row.xpath("th//a/@href")[0]: number(row.xpath("td")[0].text_content()) for row in rows
    } == {f"/people/{slug}": count for slug, count in by_person.items()}
    cards = pages["/podcasts"].texts("//li[contains(@class, 'podcast-card')]//span[last()]")
    by_podcast = count_by(truth.segments, lambda one: one["podcast_id"])
    assert sorted(number(one.partition("·")[2]) for one in cards) == sorted(by_podcast.values())
