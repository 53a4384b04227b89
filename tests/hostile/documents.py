"""Documents of any size by kind and name, each of one shape that once cost too much, or could."""

import json
from collections.abc import Callable

Document = Callable[[int], str]

_FEED = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>T</title>'
)


def repeated(unit: str, size: int) -> str:
    """The unit as often as it fits into the size, and at least once."""
    return unit * max(1, size // len(unit))


def word(number: int) -> str:
    """A capitalised word for each number."""
    letters = ""
    while number or not letters:
        number, digit = divmod(number, 26)
        letters += "abcdefghijklmnopqrstuvwxyz"[digit]
    return "X" + letters


def _times(size: int, length: int) -> range:
    return range(max(2, size // length))


def _in_feed(inside: str) -> str:
    return f"{_FEED}{inside}</channel></rss>"


def _in_item(unit: str, before: str = "", after: str = "") -> Document:
    """A feed with one item that has only this text, repeated."""
    return lambda size: _in_feed(f"<item>{before}{repeated(unit, size)}{after}</item>")


def _in_items(unit: str, before: str, after: str) -> Document:
    """A feed with sixty items that have this text, repeated."""
    return lambda size: _in_feed(f"<item>{before}{repeated(unit, size // 60)}{after}</item>" * 60)


def _in_channel(unit: str, before: str = "", after: str = "") -> Document:
    return lambda size: _in_feed(before + repeated(unit, size) + after)


def _raw(unit: str, before: str = "", after: str = "") -> Document:
    return lambda size: before + repeated(unit, size) + after


def _persons_and_items(size: int) -> str:
    persons = "".join(
        f"<podcast:person>Ab{word(n)} Cd{word(n)}</podcast:person>" for n in _times(size // 2, 50)
    )
    items = "".join(
        f"<item><guid>p{n}</guid><title>p{n}</title></item>" for n in _times(size // 2, 55)
    )
    return _in_feed(persons + items)


def _one_long_person_and_items(size: int) -> str:
    person = f"<podcast:person>{repeated('Ab ', size // 2)}</podcast:person>"
    return _in_feed(person + repeated("<item><title>p</title></item>", size // 2))


def _persons_of_an_item(size: int) -> str:
    persons = (f"<podcast:person>Ab{n} Cd{n}</podcast:person>" for n in _times(size, 45))
    return _in_feed(f"<item><title>A</title>{''.join(persons)}</item>")


def _transcripts_of_an_item(size: int) -> str:
    listed = (f'<podcast:transcript url="http://h/{n}" type="text/vtt"/>' for n in _times(size, 50))
    return _in_feed(f"<item><title>A</title>{''.join(listed)}</item>")


def _enclosures_of_an_item(size: int) -> str:
    listed = (f'<enclosure url="http://h/{n}.mp3"/>' for n in _times(size, 34))
    return _in_feed(f"<item><title>A</title>{''.join(listed)}</item>")


def _namespaces(size: int) -> str:
    return _in_feed("".join(f'<p{n}:a xmlns:p{n}="u:{n}"/>' for n in _times(size, 28)))


def _attributes(size: int) -> str:
    return _in_feed(f"<item {' '.join(f'a{n}=1' for n in _times(size, 8))}><title>A</title></item>")


def _tags_of_items(size: int) -> str:
    return _in_feed("".join(f"<item><t{n}/><title>A</title></item>" for n in _times(size, 38)))


def _same_guids(size: int) -> str:
    return _in_feed(repeated("<item><guid>g</guid><title>T</title></item>", size))


def _same_titles(size: int) -> str:
    return _in_feed(
        "".join(f"<item><guid>g{n}</guid><title>Same</title></item>" for n in _times(size, 45))
    )


FEEDS: dict[str, Document] = {
    "open anchors": _in_item("<a "),
    "open tags": _in_item("<a>"),
    "open tags with quotes": _in_item('<a b="'),
    "open tags with equals": _in_item("<a b=c "),
    "tags that never open": _in_item("</a>"),
    "stray ampersands": _in_item("&"),
    "stray brackets": _in_item("< "),
    "references without an end": _in_item("&a.", "<title>", "</title>"),
    "stray CDATA ends": _in_item("]]>"),
    "open comments": _in_item("<!-- "),
    "open CDATA": _in_item("<![CDATA["),
    "open instructions": _in_item("<?a "),
    "doctypes before the root": _raw("<!DOCTYPE ", after="<rss><channel/></rss>"),
    "doctypes with brackets": _raw("<!DOCTYPE a [", after="<rss><channel/></rss>"),
    "doctypes with quotes": _raw('<!DOCTYPE "', after="<rss><channel/></rss>"),
    "spaces before the root": _raw(" \n", after="<rss><channel/></rss>"),
    "roots that are cut off": _raw("<rss"),
    "entities": _raw('<!ENTITY a "', before="<!DOCTYPE rss [", after="]><rss><channel/></rss>"),
    "entities in spaces": _raw(
        "<!ENTITY" + " " * 400, before="<!DOCTYPE rss [", after="]><rss><channel/></rss>"
    ),
    "attributes in spaces": _in_item(" ", "<a", ">"),
    "attributes without values": _in_item("a ", "<a ", ">"),
    "unquoted values": _in_item("a=&amp ", "<a ", ">"),
    "comments in a description": _in_item("&lt;!-- ", "<description>", "</description>"),
    "scripts in a description": _in_item("&lt;script ", "<description>", "</description>"),
    "styles in a description": _in_item(
        "<style>x</sty", "<description><![CDATA[", "]]></description>"
    ),
    "blocks in a description": _in_item("<br ", "<description><![CDATA[", "]]></description>"),
    "tags in a title": _in_item("<b ", "<title><![CDATA[", "]]></title>"),
    "names in a title": _in_item("Aa, ", "<title>", "</title>"),
    "names in descriptions": _in_items("Aa, ", "<description>", "</description>"),
    "capitals in descriptions": _in_items("Aa Bb Cc ", "<description>", "</description>"),
    "guests in descriptions": _in_items("with my my my ", "<description>", "Aa Bb</description>"),
    "nicknames in descriptions": _in_items('Aa "Bb" ', "<description>", "</description>"),
    "aliases in descriptions": _in_items("Aa Bb (called ", "<description>", "</description>"),
    "commas in descriptions": _in_items("Aa Bb,", "<description>", "</description>"),
    "one word in descriptions": _in_items("Aaaa", "<description>", "</description>"),
    "hyphens in descriptions": _in_items("Aa-", "<description>", "</description>"),
    "particles in descriptions": _in_items("Aa van de ", "<description>", "</description>"),
    "marks in a title": _in_item("a\u0316\u0301", "<title>", "</title>"),
    "a name of an author": _in_item("Aa ", "<author>", "</author>"),
    "an author with signs": _in_item("a@", "<author>", " (</author>"),
    "an author in spaces": _in_item(" ", "<author>a@b.c", "(</author>"),
    "an author in brackets": _in_item("a <", "<author>", "</author>"),
    "a long date": _in_item(" ", "<pubDate>1 Jan", "x</pubDate>"),
    "a date of letters": _in_item("Mon, ", "<pubDate>", "</pubDate>"),
    "dates of spaces": _in_items(" ", "<pubDate>Mon, 01 Jan 2024", "at</pubDate>"),
    "a long duration": _in_item("1:", "<itunes:duration>", "</itunes:duration>"),
    "a number of a season": _in_item("1", "<itunes:season>", "</itunes:season>"),
    "keywords": _in_item("k,", "<itunes:keywords>", "</itunes:keywords>"),
    "categories in each other": _in_channel('<itunes:category text="c">'),
    "bases in each other": _in_channel('<a xml:base="b/">'),
    "persons and items": _persons_and_items,
    "one long person and items": _one_long_person_and_items,
    "persons of an item": _persons_of_an_item,
    "transcripts of an item": _transcripts_of_an_item,
    "enclosures of an item": _enclosures_of_an_item,
    "namespaces": _namespaces,
    "attributes": _attributes,
    "tags of items": _tags_of_items,
    "empty items": _in_channel("<item/>"),
    "items with the same guid": _same_guids,
    "items with the same title": _same_titles,
    "dotted addresses": _in_item("../", '<enclosure url="http://h/', '"/>'),
    "a long address": _in_item("%", "<link>http://h/", "</link>"),
    "links of an entry": _raw(
        '<link rel="enclosure" href="http://h/a"/>',
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry>',
        "</entry></feed>",
    ),
    "an entry in base64": _raw(
        "QUFB",
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content mode="base64">',
        "</content></entry></feed>",
    ),
}


def _segments(size: int, label: Callable[[int], str], body: str = "Yes.") -> str:
    return json.dumps(
        {
            "version": "1.0.0",
            "segments": [
                {"speaker": label(n), "startTime": n, "endTime": n + 1, "body": body}
                for n in _times(size, 75 + len(body))
            ],
        }
    )


def _one_turn(unit: str, label: str = "Ida") -> Document:
    """One long turn of a speaker whose label is less than a full name, and one of another."""

    def written(size: int) -> str:
        segments = [
            {"speaker": label, "startTime": 0, "endTime": 9, "body": repeated(unit, size)},
            {"speaker": "Speaker 1", "startTime": 9, "endTime": 12, "body": "Yes."},
        ]
        return json.dumps({"version": "1.0.0", "segments": segments})

    return written


def _paragraphs(unit: str) -> Document:
    return _raw(f"{unit}\n\n")


def _cues(body: str) -> Document:
    return _raw(f"00:01.000 --> 00:02.000\n{body}\n\n", "WEBVTT\n\n")


def _numbered_cues(body: Callable[[int], str], length: int) -> Document:
    def written(size: int) -> str:
        cues = (f"00:01.000 --> 00:02.000\n{body(n)}\n\n" for n in _times(size, 26 + length))
        return "WEBVTT\n\n" + "".join(cues)

    return written


def _keys(size: int) -> str:
    return "[" + ",".join(f'{{"{word(n)}": "a b c d"}}' for n in _times(size, 22)) + "]"


def _paragraphs_of(body: Callable[[int], str], length: int) -> Document:
    return lambda size: "".join(f"{body(n)}\n\n" for n in _times(size, length))


TRANSCRIPTS: dict[str, Document] = {
    "labels of one word": lambda size: _segments(size, word),
    "labels of two words": lambda size: _segments(size, lambda n: f"{word(n)} Bb{word(n)}"),
    "labels with brackets": lambda size: _segments(size, lambda n: f"{word(n)} ({word(n + 1)})"),
    "labels with numbers": lambda size: _segments(size, lambda n: f"Speaker {n}"),
    "initials as labels": lambda size: _segments(size, lambda n: word(n).upper()[:4]),
    "long labels": lambda size: _segments(size, lambda n: f"{word(n)} " * 24),
    "turns that name others": lambda size: _segments(
        size, lambda n: f"Speaker {n % 40}", "This is Aa Bb. Thanks, Cc."
    ),
    "a turn of names": _one_turn("Aa, "),
    "a turn of capitals": _one_turn("Aa Bb "),
    "a turn of addresses": _one_turn("Hi, Aa Bb, "),
    "a turn of greetings": _one_turn("so and "),
    "a turn of spaces": _one_turn(" "),
    "a turn of thanks": _one_turn("thanks so "),
    "a turn of introductions": _one_turn("my name is Aa Bb. "),
    "a turn of welcomes": _one_turn("welcome Aa Bb and Cc Dd, "),
    "a turn of one word": _one_turn("Aaaa"),
    "a turn of dots": _one_turn(".  "),
    "spaces before a time": _paragraphs("A" + " " * 76 + "1: 00"),
    "tabs before a time": _paragraphs("A" + "\t" * 76 + "1:00"),
    "spaces and a time": _paragraphs("A" + " " * 4_000 + "(1:00"),
    "emphasis without an end": _paragraphs("*" * 3 + "A" * 70),
    "emphasis and spaces": _paragraphs("**A" + " " * 90 + "**" + " " * 900 + "x"),
    "emphasis in one line": _raw("**a"),
    "underscores": _raw("_"),
    "brackets": _raw("["),
    "links without an end": _raw("[a]("),
    "links in brackets": _raw("[a](b "),
    "escapes": _raw("\\*"),
    "a line of spaces": _raw(" ", "A: b\n\n", "x"),
    "lines of spaces": _raw("\n" + " " * 50, "A: b"),
    "headings": _raw("# a\n"),
    "rules": _raw("- - "),
    "heading marks": _raw("#", "# a"),
    "spaces behind a heading": _raw(" ", "# a", "x\n"),
    "closing headings": _raw("a</h1"),
    "block tags": _raw("<p "),
    "block tags in spaces": _raw("<p" + " " * 60),
    "tags": _raw("<"),
    "labels of paragraphs": _paragraphs_of(lambda n: f"{word(n)}: yes", 12),
    "labels of lines": _paragraphs_of(lambda n: f"A: b\n{word(n)}: yes", 18),
    "labels in one paragraph": _raw("\nA: b"),
    "brackets in one paragraph": _raw("\n["),
    "colons": _raw(":"),
    "numbers and colons": _raw("1:"),
    "introductions of labels": _paragraphs_of(lambda n: f"{word(n)}: I'm {word(n)}", 22),
    "front matter": _raw("a: b\n", "---\n"),
    "voices": _numbered_cues(lambda n: f"<v {word(n)}>yes", 12),
    "voices in one cue": _raw("<v A>a", "WEBVTT\n\n00:01.000 --> 00:02.000\n"),
    "voices without an end": _raw("<v ", "WEBVTT\n\n00:01.000 --> 00:02.000\n"),
    "dashes in one cue": _raw(" - ", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v A>a</v>"),
    "spaces in one cue": _raw(" ", "WEBVTT\n\n00:01.000 --> 00:02.000\n"),
    "lines in one cue": _raw("- a\n", "WEBVTT\n\n00:01.000 --> 00:02.000\n"),
    "braces in one cue": _raw("{\\a", "WEBVTT\n\n00:01.000 --> 00:02.000\n"),
    "labels of cues": _numbered_cues(lambda n: f"{word(n)}: yes", 12),
    "the same cue": _cues("and so on"),
    "growing cues": _numbered_cues(lambda n: "a " * (n % 40), 40),
    "arrows": _raw("-->", "WEBVTT\n\n"),
    "arrows in lines": _raw("\n1 --> ", "WEBVTT\n\n"),
    "spaces before arrows": _raw("\n" + " " * 90 + "1" + " " * 90, "WEBVTT\n\n"),
    "comments in WebVTT": _raw("NOTE\n\n", "WEBVTT\n\n00:01.000 --> 00:02.000\na\n\n"),
    "escaped arrows": _raw("\n1 --&", "WEBVTT\n\n"),
    "an SRT of times": _raw("1\n00:00:01,000 --> 00:00:02,000\n"),
    "a TSV": _raw("0\t1000\tyes\n", "start\tend\ttext\n"),
    "an ASS": _raw("Dialogue: a,b,c,d,e,f,g,h,i,{\\N\n", "[Script Info]\n\n[Events]\n"),
    "columns of text": _raw("0:01\ta\tyes\n"),
    "a file in a page": _raw("&lt;v a&gt;", "<html><body><pre>WEBVTT\n"),
    "a table of commas": _raw('a,"b",', "speaker,text\n"),
    "rows of pipes": _raw("\n|a|b", "a\n|a|b\n|-|-"),
    "pages": _paragraphs_of(lambda n: f"a: b Page {n % 100} of 9", 18),
    "named identifiers": _raw('\n1 "a" (1)', "WEBVTT\n"),
    "marks of a wiki": _raw("'''", "a"),
    "an SBV": _raw("0:00:00.599,0:00:04.160\na\n\n"),
    "HTML tags": _raw("<p>a", "<html><body><p><cite>A:</cite><time>0:01</time>"),
    "HTML headings": _raw("<h1>a", "<html><body><nav>x</nav>"),
    "HTML rules": _raw("<hr>a", "<html><body><p>"),
    "HTML comments": _raw("<!--", "<html><body><p>a</p>"),
    "HTML emphasis": _raw("<b>a</b>", "<html><body><p>"),
    "HTML cites": _raw("<cite>A</cite>", "<html><body><p>"),
    "HTML rows": _raw("<tr><td>A<td>b", "<html><table>"),
    "HTML attributes": _raw("<p a", "<html><body>"),
    "TTML paragraphs": _raw(
        '<p begin="1s" end="2s">a</p>',
        '<tt xmlns="http://www.w3.org/ns/ttml"><body><div>',
        "</div></body></tt>",
    ),
    "TTML in each other": _raw('<p begin="1s">', '<tt xmlns="http://www.w3.org/ns/ttml"><body>'),
    "TTML without an end": _raw("<p ", '<tt xmlns="http://www.w3.org/ns/ttml"><body>'),
    "YouTube's XML": _raw('<p t="1" d="2">a</p>', '<timedtext format="3"><body>'),
    "JSON in brackets": _raw("["),
    "JSON numbers": _raw("1", '{"segments": [{"start": ', "}]}"),
    "JSON words": _raw('{"word": "a", "start": 1, "end": 2},', '{"words": [', '{"word": "a"}]}'),
    "JSON of Deepgram": _raw(
        '{"word": "a", "start": 1, "end": 2, "speaker": 1},',
        '{"results": {"channels": [{"alternatives": [{"words": [',
        '{"word": "a"}]}]}]}}',
    ),
    "JSON of YouTube": _raw(
        '{"tStartMs": 1, "segs": [{"utf8": "a"}]},', '{"events": [', '{"tStartMs": 1}]}'
    ),
    "JSON with a key for each": _keys,
    "JSON segments": _raw('{"text": "a"},', '{"segments": [', '{"text": "a"}]}'),
    "combining marks": _raw("a" + "\u0316\u0301" * 500),
    "one letter": _raw("A"),
    "null characters": _raw("a\x00"),
    "references": _raw("&#1234567;&amp"),
}

LISTS: dict[str, Document] = {
    "doctypes": _raw("<!DOCTYPE "),
    "outlines": _raw('<outline xmlUrl="http://h/a"/>', "<opml><body>", "</body></opml>"),
    "open outlines": _raw("<outline ", "<opml><body>"),
    "open values": _raw('<outline a="', "<opml><body>"),
    "values with brackets": _raw("<", '<opml><body><outline a="'),
    "outlines in each other": _raw("<outline>", "<opml><body>"),
    "attributes": _raw("a=b ", "<opml><body><outline ", "/>"),
    "attributes without values": _raw("a ", "<opml><body><outline ", "/>"),
    "values in quotes": _raw('a="b" c="', "<opml><body><outline ", "/>"),
    "quotes": _raw('"', '<opml><body><outline a="', "/>"),
    "quotes and spaces": _raw('" ', '<opml><body><outline a="', "/>"),
    "equals": _raw("a =", "<opml><body><outline ", "/>"),
    "spaces in a tag": _raw(" ", "<opml><body><outline a", ">"),
    "comments": _raw("<!-- ", "<opml><body>"),
    "prefixes": _raw("<a:", "<opml><body>"),
    "lines": _raw("http://h/a\n"),
    "spaces in a line": _raw(" ", "http://h/a", "x"),
    "signs in a line": _raw(" #", "http://h/a"),
    "references": _raw("&amp", '<opml><body><outline text="', '"/>'),
}

LABELS: dict[str, Document] = {
    "spaces": _raw(" "),
    "names": _raw("Aa "),
    "brackets": _raw("("),
    "dashes": _raw(" - "),
    "quotes": _raw('"'),
    "times": _raw("1:00 "),
    "commas": _raw("Aa, "),
    "marks": _raw("a\u0316\u0301"),
    "emoji": _raw("💥"),
}
