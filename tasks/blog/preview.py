"""The picture of an issue for previews of links: its title, and its most heard people. Pure."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
_GROUND, _INK, _MUTED, _ACCENT = "#faf9f6", "#1b1c20", "#5a5d66", "#0f7682"
_LEFT, _BAR_LEFT, _BAR_WIDTH = 80, 480, 540
MOST_BARS = 5


def preview(title: str, people: Sequence[tuple[str, int]]) -> bytes:
    """A PNG with the title, and a bar for each of the first people."""
    image = Image.new("RGB", SIZE, _GROUND)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, SIZE[0], 14), fill=_ACCENT)
    draw.text((_LEFT, 60), "Overheard", font=ImageFont.load_default(34), fill=_ACCENT)
    draw.text((_LEFT, 112), _cut(title, 40), font=ImageFont.load_default(64), fill=_INK)
    _bars(draw, people[:MOST_BARS])
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _bars(draw: ImageDraw.ImageDraw, people: Sequence[tuple[str, int]]) -> None:
    font = ImageFont.load_default(30)
    most = max((number for _, number in people), default=1) or 1
    for place, (name, number) in enumerate(people):
        top = 240 + place * 70
        draw.text((_LEFT, top), _cut(name, 24), font=font, fill=_INK)
        width = max(4, round(_BAR_WIDTH * number / most))
        draw.rectangle((_BAR_LEFT, top + 2, _BAR_LEFT + width, top + 34), fill=_ACCENT)
        draw.text((_BAR_LEFT + width + 16, top), f"{number:,}", font=font, fill=_MUTED)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
