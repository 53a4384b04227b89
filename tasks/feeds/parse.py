"""The bytes of a feed to values: whatever arrives, a feed or a named refusal."""

from tasks.feeds.atom import read_atom
from tasks.feeds.charset import to_utf8
from tasks.feeds.elements import Context
from tasks.feeds.links import without_userinfo
from tasks.feeds.markup import read_root
from tasks.feeds.namespaces import Names
from tasks.feeds.rss import read_rss
from tasks.feeds.values import Feed


def parse_feed(body: bytes, *, url: str, content_type: str | None = None) -> Feed:
    """Return what a feed document says.

    Args:
        body: the document, decompressed.
        url: where it was found; relative addresses in it are resolved against this.
        content_type: the HTTP header of that name, for its charset.

    Raises:
        FeedRefused: ``empty``, ``html``, ``json``, ``not_a_feed``, ``truncated``, ``malformed``,
            ``entity_bomb`` or ``too_complex``. Nothing else is raised, for any bytes.
    """
    xml = to_utf8(body, content_type)
    root = read_root(xml)
    is_atom = str(root.tag).rpartition("}")[2].rpartition(":")[2].lower() == "feed"
    context = Context(
        names=Names(root, core="atom" if is_atom else ""),
        base_url=without_userinfo(url),
        xml=xml,
    )
    return read_atom(root, context) if is_atom else read_rss(root, context)
