"""What a picture is, by its first bytes; whatever its server says. Pure."""

# Raster formats that browsers draw. SVG is a document that can do things, and is none of them.
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def image_type(body: bytes) -> str | None:
    """The media type of a raster picture; None for everything else."""
    for beginning, media_type in _BEGINNINGS:
        if body.startswith(beginning):
            return media_type
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return "image/avif" if body[4:12] == b"ftypavif" else None
