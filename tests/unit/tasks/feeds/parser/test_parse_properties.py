"""For any bytes, the parser returns a feed or refuses them with a reason code."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.feeds.opml import parse_opml
from tasks.feeds.parser.dates import parse_date
from tasks.feeds.parser.durations import parse_duration
from tasks.feeds.parser.markup import read_well_formed
from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.parser.text import one_line, paragraphs
from tasks.feeds.values import Feed, FeedRefused
from tests.paths import DATA

FEEDS = DATA / "feeds"
REAL_SHAPED = [path.read_bytes() for path in sorted(FEEDS.glob("*.xml"))]
CONTENT_TYPES = st.none() | st.text(max_size=40) | st.just("text/xml; charset=utf-16")
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *(b"<rss>", b"</rss>", b"<channel>", b"</channel>", b"<item>", b"</item>", b"<title>"),
            *(
                b"</title>",
                b"<![CDATA[",
                b"]]>",
                b"<!--",
                b"-->",
                b"&amp;",
                b"&",
                b"&#xD800;",
                b"<",
            ),
            *(
                b'<guid isPermaLink="',
                b"<a b=c d='",
                b'"',
                b"<?x ",
                b"?>",
                b"<!DOCTYPE rss [",
                b"]>",
            ),
            *(
                b'<!ENTITY a "b">',
                b"&a;",
                b"<x:y z:w='1'/>",
                b"\xff",
                b"\0",
                b"text",
                b"xml:base='['",
            ),
            *(b"<enclosure url='http://[", b"'/>", b"<pubDate>", b"9999-12-31T23:59:59-14:00"),
        ]
    ),
    max_size=40,
).map(b"".join)
# The places where libxml2 reads text by different rules.
PLACES = [
    *(
        b"<rss><a>HERE</a></rss>",
        b"<rss><a><![CDATA[HERE]]></a></rss>",
        b"<rss><a b='HERE'/></rss>",
    ),
    *(b"<rss><!-- HERE --></rss>", b"<rss><?a HERE?></rss>", b"<rss><aHERE/></rss>"),
    *(b"<rss><a>" + 5_000 * b"long" + b"HERE</a></rss>", b"<rss xmlns:a='HERE'/>"),
    *(b"<rss><a bHERE='c'/></rss>", b"<rss/>HERE", b"<rss/><!-- HERE -->"),
]

REASONS = {
    *("empty", "html", "json", "not_a_feed", "truncated", "malformed"),
    *("entity_bomb", "too_complex"),
}


def parse_or_refuse(body: bytes, content_type: str | None = None) -> Feed | None:
    try:
        return parse_feed(body, url="https://feeds.example/f.xml", content_type=content_type)
    except FeedRefused as refusal:
        return (
            None if refusal.reason in REASONS else pytest.fail(f"unknown reason: {refusal.reason}")
        )


@given(st.binary(), CONTENT_TYPES)
def test_any_bytes_are_parsed_or_refused(body: bytes, content_type: str | None) -> None:
    parse_or_refuse(body, content_type)


@given(FRAGMENTS)
def test_any_markup_is_parsed_or_refused(middle: bytes) -> None:
    parse_or_refuse(middle)
    parse_or_refuse(b"<rss><channel><item>" + middle + b"</item></channel></rss>")
    parse_or_refuse(b"<feed><entry>" + middle + b"</entry></feed>")


@settings(max_examples=300)
@given(st.sampled_from(REAL_SHAPED), st.data())
def test_mutated_feeds_are_parsed_or_refused(body: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    parse_or_refuse(body[:start] + data.draw(st.binary(max_size=20) | FRAGMENTS) + body[end:])


@given(st.sampled_from(REAL_SHAPED), st.data())
def test_truncated_feed_is_never_parsed_in_part(body: bytes, data: st.DataObject) -> None:
    whole = parse_or_refuse(body)
    cut = parse_or_refuse(body[: data.draw(st.integers(0, len(body)))])
    assert cut is None or cut == whole


@settings(max_examples=300)
@given(st.sampled_from(PLACES), st.text(max_size=3), st.binary(min_size=1, max_size=4))
def test_invalid_utf_8_is_never_read_as_well_formed(place: bytes, text: str, stray: bytes) -> None:
    body = place.replace(b"HERE", text.encode("utf-8", "ignore") + stray)
    try:
        body.decode()
    except UnicodeDecodeError:
        assert read_well_formed(body, lambda _: None) is None


@given(st.text())
def test_any_text_gives_values_or_none(text: str) -> None:
    parse_date(text)
    duration = parse_duration(text)
    assert duration is None or duration >= 0
    assert "\n" not in one_line(text)
    paragraphs(text)


@given(st.binary() | FRAGMENTS)
def test_any_bytes_are_read_as_subscription_list(body: bytes) -> None:
    for entry in parse_opml(body):
        assert entry.line >= 0
        assert entry.feed_url or entry.problem
