"""Subscription lists are read and written."""

import time
from datetime import UTC, datetime

import pytest

from tasks.feeds.opml import OpmlEntry, parse_opml, write_opml
from tasks.links.classify import classify_link

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


def test_schemes_of_apps_become_https_as_in_a_link() -> None:
    written = ["feed://a.example/x", "feed:https://b.example/y", "itpc://c.example/z"]
    written += ["podcast://d.example/f", "pcast:e.example/f", "feed:http://f.example/g"]
    entries = parse_opml("\n".join(written).encode())
    assert [entry.problem for entry in entries] == [None] * len(written)
    for text, entry in zip(written, entries, strict=True):
        assert classify_link(entry.feed_url) == classify_link(text)


def test_bare_hosts_in_a_list_are_links() -> None:
    assert read("example.org\nwww.example.org/podcast\n") == [
        ("", "example.org", False),
        ("", "www.example.org/podcast", False),
    ]
    row = '<outline type="rss" text="A" xmlUrl="example.org/feed"/>'
    assert read(f"<opml><body>{row}</body></opml>") == [("A", "example.org/feed", False)]


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


def read(body: str) -> list[tuple[str, str, bool]]:
    return [(e.title, e.feed_url, e.problem is not None) for e in parse_opml(body.encode())]


def test_bare_ampersands_in_opml_change_no_url() -> None:
    row = '<outline type="rss" text="Oil & &eacute;clat" xmlUrl="https://a.example/f?a=1&b=2&copy=3"/>'
    assert read(f"<opml><body>{row}</body></opml>") == [
        ("Oil & éclat", "https://a.example/f?a=1&b=2&copy=3", False)
    ]


def test_opml_escaped_twice_gives_the_url() -> None:
    row = '<outline type="rss" text="A &amp;amp; B" xmlUrl="https://a.example/?a=1&amp;amp;b=2"/>'
    assert read(f"<opml>{row}</opml>") == [("A & B", "https://a.example/?a=1&b=2", False)]


def test_opml_with_several_roots_is_read_to_its_end() -> None:
    one = '<opml><body><outline type="rss" text="A" xmlUrl="https://a.example/"/></body></opml>'
    assert len(read(f"{one}\n<?xml version='1.0'?>\n{one}")) == 2


def test_link_rows_of_players_are_read() -> None:
    body = """<opml><body>
<outline URL="https://a.example/f" text="A" type="link"/>
<outline url='https://b.example/f' text='B' type='link'/>
<outline type="link" text="Lists" url="https://c.example/more.opml"/>
<outline type="include" text="More" url="https://d.example/list"/>
<outline type="link" text="None"/></body></opml>"""
    assert read(body) == [
        ("A", "https://a.example/f", False),
        ("B", "https://b.example/f", False),
        ("Lists", "https://c.example/more.opml", True),
        ("More", "https://d.example/list", True),
        ("None", "", True),
    ]


def test_episodes_and_playlists_of_an_extended_export_are_no_feeds() -> None:
    body = """<opml><body><outline text="playlists">
<outline type="podcast-playlist" title="Queue"/></outline>
<outline type="rss" text="A" xmlUrl="https://a.example/f">
<outline type="podcast-episode" title="One" url="https://a.example/1"/></outline></body></opml>"""
    assert read(body) == [("A", "https://a.example/f", False)]


def test_commented_outlines_are_problems_with_their_children() -> None:
    body = """<opml><body><outline text="Old" isComment="true">
<outline type="rss" text="A" xmlUrl="https://a.example/"/></outline>
<!-- <outline type="rss" text="Gone" xmlUrl="https://gone.example/"/> -->
<outline type="rss" text="B" xmlUrl="https://b.example/"/></body></opml>"""
    assert read(body) == [("A", "https://a.example/", True), ("B", "https://b.example/", False)]


def test_truncated_opml_names_the_row_that_is_cut() -> None:
    head = '<opml><body><outline type="rss" text="A" xmlUrl="https://a.example/"/>'
    rows = [("A", "https://a.example/", False)]
    assert read(head + '<outline type="rss" text="B" xmlUrl="https://b.exa') == [
        *rows,
        ("B", "https://b.exa", True),
    ]
    assert read(head + "<outline ty") == rows


def test_broken_quotes_in_opml_cost_no_other_row() -> None:
    body = """<opml><body><outline type="rss" text="Say "oil" twice" xmlUrl="https://a.example/"/>
<outline type=rss text='5 < 6' xmlUrl=https://b.example/f />
<outline type="rss" text="No end xmlUrl="https://c.example/">
<outline type="rss" text="D" xmlUrl="https://d.example/"/></body></opml>"""
    assert [row for row in read(body) if row[0] != "No end xmlUrl="] == [
        ('Say "oil" twice', "https://a.example/", False),
        ("5 < 6", "https://b.example/f", False),
        ("D", "https://d.example/", False),
    ]


def test_page_in_place_of_opml_is_one_problem() -> None:
    assert read("<!doctype html><html><body>No such list</body></html>") == [("", "", True)]


def test_comment_behind_a_listed_url_is_left_out() -> None:
    assert [entry.feed_url for entry in parse_opml(b"https://a.example/f  # mine\n")] == [
        "https://a.example/f"
    ]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_opml_in_utf_16_is_read_with_and_without_mark(encoding: str) -> None:
    body = '<?xml version="1.0"?><opml><outline type="rss" text="Öl" xmlUrl="https://a.example/"/></opml>'
    [entry] = parse_opml(body.encode(encoding))
    assert (entry.title, entry.feed_url) == ("Öl", "https://a.example/")


@pytest.mark.parametrize(
    "unit",
    [
        *("<outline ", '<outline text="', "<outline text='a\" ", '<outline a="<b', "</outline>"),
        *("<outline>", "<!--", "<![CDATA[", '<outline xmlUrl="&', '"', "<outline a= ", "a ="),
        '<outline text="a" "b" "c',
    ],
)
def test_hostile_opml_takes_linear_time(unit: str) -> None:
    # Quadratic time would take minutes; linear time takes well under a second.
    body = b"<opml>" + (unit * (400_000 // len(unit))).encode()
    started = time.process_time()
    parse_opml(body)
    assert time.process_time() - started < 10
