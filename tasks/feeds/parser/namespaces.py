"""Element names in one spelling, like ``itunes:duration``, whatever prefixes a feed declares."""

import re

from lxml import etree

# By URI without scheme, "www." and trailing slash, in lower case: publishers vary all of them.
_PREFIXES = {
    "": "",
    "purl.org/rss/1.0": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss2": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "w3.org/2005/atom": "atom",
    "purl.org/atom/ns#": "atom",
    "purl.org/net/rss1.1#": "",
    "itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "itunes.com/dtds/podcast-1.0": "itunes",
    "google.com/schemas/play-podcasts/1.0": "googleplay",
    "search.yahoo.com/mrss": "media",
    "video.search.yahoo.com/mrss": "media",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/rss/1.0/modules/syndication": "sy",
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/terms": "dcterms",
    "w3.org/1999/xhtml": "xhtml",
    "w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
}
# The podcast namespace was published at several URIs, with and without a version
# (podcastindex.org/namespace/1.0; github.com/Podcastindex-org/podcast-namespace/...).
_PODCAST = (
    "podcastindex.org/namespace",
    "podcastnamespace.org",
    "podcasting2.org/podcast-namespace",
    *(
        f"{host}/podcastindex-org/podcast-namespace"
        for host in ("github.com", "raw.githubusercontent.com")
    ),
    "podcastindex-org.github.io/podcast-namespace",
)
_DECORATION = re.compile(r"^\w+://(?:www\.)?|(?<!/)/+$")


class Names(dict[str, str]):
    """The spelling of each element name in one document, computed once per name.

    ``core`` is the namespace that needs no prefix: ``""`` for RSS, ``atom`` for Atom.
    """

    def __init__(self, root: etree._Element, core: str = "") -> None:
        super().__init__()
        self._core = core
        self._declared = {uri: prefix for prefix, uri in root.nsmap.items()}

    def __missing__(self, tag: str) -> str:
        uri, _, local = tag.rpartition("}")
        prefix, _, local = local.rpartition(":")
        prefix = self._prefix(uri[1:]) if uri else prefix.lower()
        name = local.lower() if prefix in ("", self._core) else f"{prefix}:{local.lower()}"
        self[tag] = name
        return name

    def _prefix(self, uri: str) -> str:
        bare_uri = _DECORATION.sub("", uri.strip().lower())
        if bare_uri.startswith(_PODCAST):
            return "podcast"
        if bare_uri in _PREFIXES:
            return _PREFIXES[bare_uri]
        # For an unknown namespace, the declared prefix decides.
        return (self._declared.get(uri) or "").lower()
