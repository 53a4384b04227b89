"""Invented shapes of hostile documents: a beginning, a unit that is repeated, and an end."""

from dataclasses import dataclass

from hypothesis import strategies as st

from tests.hostile.documents import repeated

_FEED_HEAD = '<rss xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><item>'
_TOKENS = {
    "feed": (
        *("<a ", "<a>", "</a>", "<", ">", "&", "&amp;", "&#1;", "]]>", "<![CDATA[", "<!--", "-->"),
        *('"', "'", "=", " ", "\n", "Aa", "Aa Bb", ", ", "with ", "<br>", "&lt;p&gt;", "1:", "@"),
        *("<title>", "</title>", "<description>", "</description>", "<item>", "</item>", "x:y"),
        *(
            "<podcast:person>",
            "</podcast:person>",
            "<enclosure url='http://h/'/>",
            "<guid>g</guid>",
        ),
    ),
    "transcript": (
        *("A: b", "Aa", "Aa Bb", ": ", "\n", "\n\n", " ", "  ", "\t", "[", "]", "(", ")", "1:00"),
        *("00:01.000 --> 00:02.000\n", "<v A>", "</v>", "<", ">", "**", "_", "#", "-", "- ", ">> "),
        *("I'm ", "welcome ", "this is ", ", ", "and ", "<p>", "<cite>", "<b>", "&amp;", "\\", "|"),
    ),
    "list": (
        *(
            "<outline ",
            "<outline>",
            "</outline>",
            "/>",
            ">",
            "<",
            '"',
            "'",
            "=",
            " ",
            "\n",
            "a",
            "#",
        ),
        *(
            'xmlUrl="http://h/"',
            "text=",
            "<!--",
            "-->",
            "<![CDATA[",
            "<?",
            "&",
            "&amp;",
            "http://h",
        ),
    ),
    "label": (
        *("Aa", "Bb", " ", "(", ")", "[", "-", " - ", "/", ",", ".", "'", '"', "1:00", "Dr. ", "&"),
        *("van ", "de ", "@", "#", "é", "\u0301", "李", "の", "Ж"),
    ),
}
_BEGINNINGS = {
    "feed": (_FEED_HEAD, f"{_FEED_HEAD}<title>", f"{_FEED_HEAD}<description>", ""),
    "transcript": (
        "",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n",
        "A: b\n\nB: c\n\n",
        "<html><body>",
        "---\n",
    ),
    "list": ("<opml><body>", "<opml><body><outline ", ""),
    "label": ("", "Ann "),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A document of any size."""

    begin: str
    unit: str
    end: str

    def document(self, size: int) -> str:
        """The document of this size."""
        return self.begin + repeated(self.unit, size) + self.end


def shapes(kind: str) -> st.SearchStrategy[Shape]:
    """Shapes of documents of this kind."""
    tokens = st.sampled_from(_TOKENS[kind])
    run = st.tuples(tokens, st.sampled_from((1, 1, 1, 2, 40))).map(lambda one: one[0] * one[1])
    unit = st.lists(run, min_size=1, max_size=6).map("".join)
    begin = st.tuples(st.sampled_from(_BEGINNINGS[kind]), st.lists(tokens, max_size=2).map("".join))
    end = st.lists(tokens, max_size=3).map("".join)
    return st.builds(Shape, begin.map("".join), unit, end)
