"""The bytes of a feed to values: whatever arrives, a feed or a named refusal."""

from lxml import etree

from tasks.feeds.atom import read_atom
from tasks.feeds.charset import seems_utf8, to_utf8
from tasks.feeds.elements import Context
from tasks.feeds.links import without_userinfo
from tasks.feeds.markup import read_root, read_well_formed
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
    xml, root = _read(body, content_type)
    is_atom = str(root.tag).rpartition("}")[2].rpartition(":")[2].lower() == "feed"
    context = Context(
        names=Names(root, core="atom" if is_atom else ""),
        base_url=without_userinfo(url),
        xml=xml,
    )
    return read_atom(root, context) if is_atom else read_rss(root, context)


def _read(body: bytes, content_type: str | None) -> tuple[bytes, etree._Element]:
    """Return the document in UTF-8, and its root element."""
    root = read_well_formed(body) if seems_utf8(body, content_type) else None
    if root is not None:
        return body, root
    xml = to_utf8(body, content_type)
    return xml, read_root(xml)
