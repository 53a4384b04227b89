"""Numbers and characters of strangers that no parser expects: each is bounded where it is read."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from lxml import etree

from tasks.feeds.opml import OpmlEntry, parse_opml, write_opml
from tasks.feeds.parser.parse import parse_feed
from tasks.http.retry_after import retry_after_seconds
from tasks.http.tolerant_head import parse_head
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import TranscriptRefused

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DIGITS = "9" * 5000  # Python converts no text of over 4,300 digits to a number

VALUES = (
    *("\uffff", "\ufffe", "\ud800", "\x00", "\x1b", "\ufdd0", "\U0001ffff"),
    *(f"&#{DIGITS};", f"&#{DIGITS}", f"&#x{DIGITS};", "&#xFFFF;", "&#xD800;", "&#0;", "&#1;"),
    *(DIGITS, f"-{DIGITS}", f"1e{DIGITS}", "1" * 30, "\u0663" * 4400, "\u00b2"),
    *(f"{DIGITS}:{DIGITS}", f"PT{DIGITS}S", f"1:{DIGITS}", "1:02:99999999999999999999"),
    *(f"2026-{DIGITS}", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"),
    *(f"Mon, 01 Jan {DIGITS} 00:00:00 GMT", f"Mon, 01 Jan 2026 00:00:00 +{DIGITS}"),
)
_FEED = """\
<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:podcast="https://podcastindex.org/namespace/1.0"
 xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><title>@</title><ttl>@</ttl>
<skipHours><hour>@</hour></skipHours><sy:updateFrequency>@</sy:updateFrequency>
<podcast:updateFrequency rrule="@" dtstart="@">@</podcast:updateFrequency>
<lastBuildDate>@</lastBuildDate><description>@</description><itunes:author>@</itunes:author>{extra}
<item><guid>g</guid><title>@</title><pubDate>@</pubDate><itunes:duration>@</itunes:duration>
<itunes:episode>@</itunes:episode><podcast:season name="@">@</podcast:season>
<enclosure url="https://a.example/e.mp3" length="@" type="@"/>
<podcast:transcript url="https://a.example/t.vtt" type="@" language="@"/>
<podcast:person role="@" href="@">@</podcast:person></item></channel></rss>
"""
_TRANSCRIPTS = (
    "WEBVTT\n\n00:01.000 --> 00:02.000\n<v @>one @ two",
    "1\n00:00:01,000 --> 00:00:02,@\nAnn: one @ two",
    '{"segments": [{"speaker": "@", "start": "@", "end": @, "text": "one @ two"}]}',
    '<tt xmlns="http://www.w3.org/ns/ttml"><body><p begin="@" end="@">one @ two</p></body></tt>',
    "<p><cite>Ann:</cite><time>@</time>one @ two</p>",
    "Ann: one @ two\nBob (@): three",
)


def _short(value: str) -> str:
    return ascii(value[:20])


@pytest.mark.parametrize("value", VALUES, ids=_short)
@pytest.mark.parametrize("extra", ["", "<br>"], ids=["sound", "repaired"])
def test_feed_with_a_foreign_value_keeps_its_episode(value: str, extra: str) -> None:
    body = _FEED.format(extra=extra).replace("@", value).encode("utf-8", "surrogatepass")
    feed = parse_feed(body, url="https://a.example/feed")
    assert [item.guid for item in feed.items] == ["g"]
    assert not {"\uffff", "\ufffe", "\x00", "\x1b"} & set(repr(feed))


@pytest.mark.parametrize("value", VALUES, ids=_short)
@pytest.mark.parametrize("form", _TRANSCRIPTS, ids=["vtt", "srt", "json", "ttml", "html", "text"])
def test_transcript_with_a_foreign_value_is_parsed_or_refused(value: str, form: str) -> None:
    body = form.replace("@", value).encode("utf-8", "surrogatepass")
    with suppress(TranscriptRefused):
        parsed = parse_transcript(body)
        assert all(-1 < (segment.start_ms or 0) < 2**31 for segment in parsed.segments)


@pytest.mark.parametrize("value", VALUES, ids=_short)
def test_header_with_a_foreign_value_counts_as_absent_or_bounded(value: str) -> None:
    seconds = retry_after_seconds(value, NOW)
    assert seconds is None or 0 <= seconds < 10**13
    sent = f"HTTP/1.1 200 OK\r\nContent-Length: {value}"
    head = parse_head(sent.encode("utf-8", "surrogatepass"))
    assert head is None or head.body_length is None or 0 <= head.body_length < 10**18


@pytest.mark.parametrize("value", VALUES, ids=_short)
def test_exported_list_is_xml_whatever_a_title_is(value: str) -> None:
    entry = OpmlEntry(value, f"https://a.example/{value}", 1)
    written = write_opml([entry], value, NOW)
    etree.fromstring(written, etree.XMLParser(huge_tree=True))
    assert len(parse_opml(written)) == 1
