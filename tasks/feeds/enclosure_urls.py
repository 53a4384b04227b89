"""The path of an enclosure, without the hosts and download counters in front of it. Pure."""

import re

# Download counters prefix the URL of the file with their own; after it comes the file's host, with
# or without a scheme. As published by the services; OP3 maintains a list of such prefixes.
_PREFIX = re.compile(
    r"(?:(?:www|dts)\.podtrac\.com/(?:pts/)?redirect\.\w+"
    r"|(?:chrt\.fm|chtbl\.com)/track/[^/]+"
    r"|pdst\.fm/e|pdcn\.co/e|pdrl\.fm/[^/]+|podderapp\.com/e"
    r"|(?:[\w-]+\.)?op3\.dev/e(?:,[^/]+)?"
    r"|mgln\.ai/e/[^/]+|mgln\.ai/track"
    r"|media\.blubrry\.com/[^/]+|(?:content|ins)\.blubrry\.com/[^/]+"
    r"|claritaspod\.com/measure|clrtpod\.com/m|clrtpod\.com/measure"
    r"|swap\.fm/track/[^/]+|prefix\.up\.audio/s|rdr\.podsights\.com/[^/]+"
    r"|(?:verifi\.podscribe\.com|pscrb\.fm)/rss/p(?:/\d+)?"
    r"|arttrk\.com/p/[^/]+|pfx\.veritonicmetrics\.com/[^/]+|pfx\.vpixl\.com/[^/]+"
    r"|tracking\.swap\.fm/track/[^/]+|growx\.podkite\.com/https|r\.zen\.ai/r"
    r"|traffic\.podtrac\.com|play\.podtrac\.com/[^/]+|2\.gum\.fm|gum\.fm"
    r"|prfx\.byspotify\.com/e|chartable\.com/track/[^/]+|injector\.simplecastaudio\.com/e"
    r"|dcs\.megaphone\.fm/e|s\.gum\.fm/s-[^/]+|adbarker\.com/stream/[^/]+|nyt\.simplecastaudio\.com/e)/+",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"https?(?::|%3A)(?://|%2F%2F)", re.IGNORECASE)
# A prefix counts only before another host: otherwise the file is the counter's own.
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
_MAX_PREFIXES = 12


def enclosure_path(url: str) -> str:
    """Return the path of the file that an enclosure URL leads to; ``""`` when it has none.

    Scheme, counter prefixes, host and query may change for the same file; its path does not.
    """
    rest = _SCHEME.sub("", url.strip(), count=1)
    for _ in range(_MAX_PREFIXES):
        prefix = _PREFIX.match(rest)
        if prefix is None:
            break
        inner = _SCHEME.sub("", rest[prefix.end() :], count=1)
        if not _HOST.match(inner):
            break
        rest = inner
    return re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")[2].rstrip("/")
