"""The head of a response as strict parsers want it: what browsers and curl tolerate is repaired.

Nothing is repaired that says two things at once: lengths that differ remain, and are refused.
"""

import re

_STATUS_LINE = re.compile(rb"(?:HTTP/\d\.\d|ICY)[ \t]+(\d{3})(?:[ \t][^\r\n]*)?")
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token (RFC 9110, section 5.6.2)
_NEWLINE = re.compile(rb"\r?\n")
_NOT_IN_VALUES = bytes(range(9)) + bytes(range(10, 32)) + b"\x7f"

Fields = list[tuple[bytes, bytes]]


class ResponseHead:
    """The status and the fields of a head; ``body_length`` is None when none is declared."""

    def __init__(self, status: int, fields: Fields) -> None:
        self.status = status
        self.fields = _with_one_framing(fields)
        lengths = self.values(b"content-length")
        length = lengths[0] if len(lengths) == 1 and lengths[0].isdigit() else None
        # More digits than any limit of ours has; Python converts no number of over 4,300.
        self.body_length = None if length is None else int(length.lstrip(b"0")[:18] or 0)

    def values(self, name: bytes) -> list[bytes]:
        """The values of the fields of a name in lower case."""
        return [value for each, value in self.fields if each.lower() == name]

    @property
    def closes(self) -> bool:
        """Whether the server closes the connection after the body."""
        return any(b"close" in value.lower() for value in self.values(b"connection"))


def parse_head(head: bytes) -> ResponseHead | None:
    """Return the head of a response; None when it does not begin with a status line.

    A space before the colon is dropped, and so is a line without a colon or without a valid name; a
    folded line continues the one before (RFC 9112, section 5.2).
    """
    first, *lines = _NEWLINE.split(head)
    status = _STATUS_LINE.fullmatch(first.rstrip())
    if status is None:
        return None
    fields: Fields = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + _value(line))
            continue
        name, colon, value = line.partition(b":")
        if colon and _NAME.fullmatch(name.strip()):
            fields.append((name.strip(), _value(value)))
    return ResponseHead(int(status[1]), fields)


def _value(raw: bytes) -> bytes:
    return raw.translate(None, _NOT_IN_VALUES).strip()


def _with_one_framing(fields: Fields) -> Fields:
    """Chunks go before a length (RFC 9112, section 6.3), and equal lengths are one.

    Other transfer codings ("identity", of RFC 2616) and an empty length say nothing.
    """
    chunked = any(n.lower() == b"transfer-encoding" and b"chunked" in v.lower() for n, v in fields)
    framing = {b"content-length", b"transfer-encoding"}
    others = [field for field in fields if field[0].lower() not in framing]
    if chunked:
        return [*others, (b"Transfer-Encoding", b"chunked")]
    published = [value for name, value in fields if name.lower() == b"content-length"]
    lengths = {part.strip() for value in published for part in value.split(b",")} - {b""}
    return [*others, *((b"Content-Length", length) for length in sorted(lengths))]
