"""Items share the plans by which they are read, without any effect on their values."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tasks.feeds.parser import atom, rss, rss_item
from tasks.feeds.parser.elements import Context
from tasks.feeds.parser.field_map import _MAX_PLANS, Field, Fields, Text
from tasks.feeds.parser.namespaces import Names
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import Feed, Item

CHILDREN = st.sampled_from(
    [
        *("<title>A</title>", "<title>B</title>", "<title> </title>", "<title><b>C</b></title>"),
        *("<guid>https://a.example/1</guid>", "<guid isPermaLink='false'>2</guid>"),
        *("<link>/here</link>", "<link/>", "<category>X</category>", "<category>Y</category>"),
        *("<enclosure url='a.mp3' length='1'/>", "<enclosure url='b.mp3'/>", "<enclosure/>"),
        *("<pubDate>soon</pubDate>", "<pubDate>2024-01-02</pubDate>", "<image>i.png</image>"),
        *("<description/>", "<description>d</description>", "<unknown>u</unknown>"),
        *("<itunes:title>T</itunes:title>", "<itunes:image href='j.png'/>"),
        *("<podcast:person>P</podcast:person>", "<podcast:transcript url='t.vtt'/>"),
    ]
)
ITEMS = st.lists(st.lists(CHILDREN, max_size=6).map("".join), min_size=1, max_size=8)


def read(*items: str) -> tuple[Item, ...]:
    inside = "".join(f"<item>{children}</item>" for children in items)
    body = f"<rss><channel><title>F</title>{inside}</channel></rss>"
    return parse_feed(body.encode(), url="https://feeds.example/f.xml").items


@given(ITEMS)
def test_item_reads_the_same_alone_and_among_others(items: list[str]) -> None:
    assert read(*items) == tuple(read(item)[0] for item in items)


def test_number_of_remembered_plans_is_bounded() -> None:
    root = etree.fromstring("<rss/>")
    context = Context(names=Names(root), base_url="https://feeds.example/", xml=b"")
    titles = Fields(context, [], [Text("title", str, ("title",))])
    for number in range(2 * _MAX_PLANS):
        item = etree.fromstring(f"<item><other{number}/><title>{number}</title></item>")
        assert titles.read(item) == {"title": str(number)}
    assert len(titles) == _MAX_PLANS


@pytest.mark.parametrize(
    ("sources", "fields_of_value"),
    [
        ((*rss_item._FIELDS, *rss_item._TEXTS), Item._fields),
        ((*atom._ENTRY_FIELDS, *atom._ENTRY_TEXTS), Item._fields),
        ((*rss._FIELDS, *rss._TEXTS), [field.name for field in fields(Feed)]),
        ((*atom._FEED_FIELDS, *atom._FEED_TEXTS), [field.name for field in fields(Feed)]),
    ],
)
def test_every_field_source_names_a_field(
    sources: tuple[Field | Text, ...], fields_of_value: list[str]
) -> None:
    assert {source.name for source in sources} <= set(fields_of_value)
