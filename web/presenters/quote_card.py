"""The picture of a quote, for previews of links: words, name, podcast. Pure."""

import io
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from web.presenters.filters import clean, short

SIZE = (1200, 630)
_GROUND, _INK, _MUTED, _ACCENT = "#faf9f6", "#1b1c20", "#5a5d66", "#0a5c66"
_LEFT, _TOP = 80, 110
_OPENING, _CLOSING = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"
# Font size by length of the words, with the characters and lines that then fit.
_SIZES = ((120, 60, 34), (240, 46, 46), (400, 36, 58))


def quote_card(text: str, person: str, source: str) -> bytes:
    """A PNG of 1200 by 630 pixels, as Open Graph recommends."""
    image = Image.new("RGB", SIZE, _GROUND)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 14), fill=_ACCENT)
    words = short(" ".join(clean(text).split()), 380)
    size, width = next((s, w) for length, s, w in _SIZES if len(words) <= length)
    lines = "\n".join(
        wrap(f"\N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}", width)
    )
    draw.multiline_text(
        (_LEFT, _TOP), lines, font=ImageFont.load_default(size), fill=_INK, spacing=14
    )
    draw.text((_LEFT, 486), short(clean(person), 44), font=ImageFont.load_default(40), fill=_ACCENT)
    draw.text((_LEFT, 542), short(clean(source), 70), font=ImageFont.load_default(28), fill=_MUTED)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
