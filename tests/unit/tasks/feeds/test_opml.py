"""Subscription lists are read and written."""

from datetime import UTC, datetime

from tasks.feeds.opml import OpmlEntry, parse_opml, write_opml

NOW = datetime(2025, 2, 11, 7, 5, 54, tzinfo=UTC)


def test_nested_outlines_are_flattened_with_lines() -> None:
    body = b"""<?xml version="1.0"?>
<opml version="2.0"><body>
<outline text="Tech">
  <outline type="rss" text="One &amp; only" xmlUrl="https://a.example/feed"/>
  <outline type="rss" title="Two" xmlurl="http://b.example/feed"/>
</outline></body></opml>"""
    assert parse_opml(body) == [
        OpmlEntry("One & only", "https://a.example/feed", 4),
        OpmlEntry("Two", "http://b.example/feed", 5),
    ]


def test_invalid_opml_entries_have_line_and_problem() -> None:
    body = b"""<opml><body>
<outline type="rss" text="No address"/>
<outline type="rss" text="Odd" xmlUrl="file:///etc/passwd"/>
</body></opml>"""
    assert [(entry.line, entry.problem) for entry in parse_opml(body)] == [
        (2, "has no feed URL (xmlUrl)"),
        (3, "is not an http or https URL"),
    ]


def test_list_of_urls_is_read_line_by_line() -> None:
    body = b"\xef\xbb\xbf# mine\nhttps://a.example/feed\r\n\n  http://b.example/feed \nnonsense\n"
    entries = parse_opml(body)
    assert [(entry.feed_url, entry.line) for entry in entries] == [
        ("https://a.example/feed", 2),
        ("http://b.example/feed", 4),
        ("nonsense", 5),
    ]
    assert [entry.problem is None for entry in entries] == [True, True, False]


def test_podcast_schemes_become_http_urls() -> None:
    entries = parse_opml(b"feed://a.example/x\nfeed:https://b.example/y\nitpc://c.example/z\n")
    assert [entry.feed_url for entry in entries] == [
        "http://a.example/x",
        "https://b.example/y",
        "http://c.example/z",
    ]


def test_broken_opml_gives_readable_entries() -> None:
    entries = parse_opml(b'<opml><body><outline text="A & B" xmlUrl="https://a.example/"><foo')
    assert [entry.feed_url for entry in entries] == ["https://a.example/"]
    assert parse_opml(b"<?xml")[0].problem is not None


def test_entity_bomb_in_opml_is_harmless() -> None:
    bomb = b'<!DOCTYPE opml [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>'
    body = bomb + b'<opml><body><outline text="&b;" xmlUrl="https://a.example/"/></body></opml>'
    assert [entry.feed_url for entry in parse_opml(body)] == ["https://a.example/"]


def test_written_opml_is_read_again() -> None:
    entries = [
        OpmlEntry("A & <B>", "https://a.example/?x=1&y=2", 0),
        OpmlEntry("", "http://b.example", 0),
    ]
    written = write_opml(entries, title="My podcasts", created_at=NOW)
    assert b"Tue, 11 Feb 2025 07:05:54 +0000" in written
    assert [(entry.title, entry.feed_url) for entry in parse_opml(written)] == [
        ("A & <B>", "https://a.example/?x=1&y=2"),
        ("http://b.example", "http://b.example"),
    ]
