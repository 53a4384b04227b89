"""The path of a media file, told apart from the hosts and counters that stand before it."""

import re

# Counting services put their own address before that of the file; each is followed by the file's
# host, with or without a scheme. As published by the services; OP3 keeps a list of such prefixes.
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
# After a prefix must come the host of another file: else the file is the counter's own.
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
_MOST_PREFIXES = 12


def enclosure_path(url: str) -> str:
    """Return the path of the file that a media URL leads to; ``""`` when it has none.

    Scheme, counting prefixes, host and query change while the file stays; the path does not.
    """
    address = _SCHEME.sub("", url.strip(), count=1)
    for _ in range(_MOST_PREFIXES):
        prefix = _PREFIX.match(address)
        if prefix is None:
            break
        inner = _SCHEME.sub("", address[prefix.end() :], count=1)
        if not _HOST.match(inner):
            break
        address = inner
    return re.split(r"[?#]", address, maxsplit=1)[0].partition("/")[2].rstrip("/")
