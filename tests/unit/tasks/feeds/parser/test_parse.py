"""parse_feed beyond the data pairs: charsets, limits, secrets."""

import pytest

from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import FeedRefused, Item

URL = "https://feeds.example/feed.xml"


def feed_of(channel: str) -> bytes:
    return f"<rss><channel>{channel}</channel></rss>".encode()


def item_of(markup: str) -> Item:
    return parse_feed(feed_of(f"<item>{markup}</item>"), url=URL).items[0]


def refusal_of(body: bytes) -> FeedRefused:
    with pytest.raises(FeedRefused) as caught:
        parse_feed(body, url=URL)
    return caught.value


def test_charset_header_is_used_for_invalid_utf_8() -> None:
    body = "<rss><channel><title>Привет</title></channel></rss>".encode("koi8-r")
    feed = parse_feed(body, url=URL, content_type='text/xml; charset="KOI8-R"')
    assert feed.title == "Привет"


def test_valid_utf_8_goes_before_charset_header() -> None:
    body = feed_of("<title>Müsli</title>")
    assert parse_feed(body, url=URL, content_type="text/xml; charset=iso-8859-1").title == "Müsli"


def test_charset_of_ascii_bytes_is_detected_by_escapes() -> None:
    head = b'<?xml version="1.0" encoding="iso-2022-jp"?>'
    body = head + "<rss><channel><title>お茶</title></channel></rss>".encode("iso-2022-jp")
    assert parse_feed(body, url=URL).title == "お茶"


@pytest.mark.parametrize("name", ["zip", "punycode", "idna", "no-such-charset", "utf-16"])
def test_impossible_charset_label_is_ignored(name: str) -> None:
    body = f'<?xml version="1.0" encoding="{name}"?><rss><channel><title>'.encode()
    assert parse_feed(body + b"\xe9t\xe9</title></channel></rss>", url=URL).title == "été"


def test_refusal_names_the_document_and_what_to_do() -> None:
    assert "<opml>" in str(refusal_of(b"<opml/>"))
    assert "find the RSS link" in str(refusal_of(b"<html></html>"))
    assert "try again" in str(refusal_of(b"<rss><channel>"))


def test_document_truncated_anywhere_is_refused() -> None:
    whole = feed_of("<title>T</title><item><guid>1</guid><link>https://a.example/</link></item>")
    for length in range(whole.index(b"<channel>"), len(whole) - 1):
        assert refusal_of(whole[:length]).reason == "truncated", whole[:length]


def test_flood_of_errors_does_not_hide_truncation() -> None:
    body = b"<rss><channel>" + b"<item><title>a & b</title></item>" * 300
    assert refusal_of(body).reason == "truncated"


def test_too_deeply_nested_elements_are_refused() -> None:
    nested = "<a>" * 400 + "</a>" * 400
    assert refusal_of(feed_of(f"<item>{nested}</item><item/>")).reason == "too_complex"


def test_too_many_elements_are_refused() -> None:
    assert refusal_of(feed_of("<a/>" * 2_000_001)).reason == "too_complex"


def test_repeated_entity_is_an_entity_bomb() -> None:
    bomb = f'<!DOCTYPE rss [<!ENTITY a "{"a" * 10_000}">]>'.encode()
    assert refusal_of(bomb + feed_of(f"<title>{'&a;' * 10_000}</title>")).reason == "entity_bomb"


def test_items_before_an_error_are_read_after_repair() -> None:
    item = b"<item><title>\xc3\xa9</title><description>" + 900 * b"long " + b"</description></item>"
    channel = b"<rss><channel>" + 30 * item + b"<title>Black %b White</title></channel></rss>"
    whole = parse_feed(channel % b"&amp;", url=URL)
    assert len(whole.items) == 30
    assert parse_feed(channel % b"&", url=URL) == whole


def test_unclosed_html_does_not_affect_other_items() -> None:
    items = "<item><description>a<br>b<p>c</description><title>T</title></item>" * 300
    feed = parse_feed(feed_of(items), url=URL)
    assert [item.title for item in feed.items] == ["T"] * 300


def test_unclosed_line_breaks_do_not_nest() -> None:
    feed = parse_feed(feed_of(f"<item><description>{'a<br>' * 400}</description></item>"), url=URL)
    assert feed.items[0].description == "\n".join("a" * 400)


def test_credentials_of_feed_url_are_not_in_links() -> None:
    feed = parse_feed(feed_of("<link>/show</link>"), url="https://me:secret@feeds.example/f.xml")
    assert feed.link == "https://feeds.example/show"


def test_guid_that_is_a_url_is_the_link() -> None:
    item = item_of("<guid>https://a.example/1</guid>")
    assert (item.guid, item.link) == ("https://a.example/1", "https://a.example/1")


def test_guid_with_is_permalink_false_is_no_link() -> None:
    assert item_of('<guid isPermaLink="false">https://a.example/1</guid>').link is None


def test_titles_are_normalized_to_nfc() -> None:
    assert item_of("<title>Cafe\u0301</title>").title == "Caf\u00e9"


def test_title_keeps_text_that_resembles_tags() -> None:
    assert item_of("<title>I &lt;3 List&lt;String&gt; &lt;b&gt;a lot&lt;/b&gt;</title>").title == (
        "I <3 List<String> a lot"
    )


def test_scripts_and_comments_are_not_in_description() -> None:
    html = "<![CDATA[a<!-- no --><style>b{}</style><script>c < d</script><p>e]]>"
    assert item_of(f"<description>{html}</description>").description == "a\ne"


def test_plain_atom_text_that_resembles_markup_stays() -> None:
    entry = "<entry><summary>1 &lt; 2 &amp;amp; a &lt;b&gt; c</summary></entry>"
    atom = f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>'.encode()
    assert parse_feed(atom, url=URL).items[0].description == "1 < 2 &amp; a <b> c"


def test_blank_element_does_not_hide_a_later_one() -> None:
    item = item_of("<description> </description><description>text</description>")
    assert item.description == "text"
