"""Time expressions of TTML (section 12.3.1) in milliseconds: clocks, offsets, frames, ticks."""

import re
from collections.abc import Mapping

from tasks.transcripts.timestamps import after, from_seconds, parse_clock

_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)(h|m|s|ms|f|t)", re.ASCII)
_FRAMES = re.compile(r"(\d{1,3}:\d\d:\d\d):(\d{1,3})(?:\.\d+)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


class TimeBase:
    """The rates of a document, by which its time expressions are read."""

    def __init__(self, attributes: Mapping[str, str]) -> None:
        frame_rate = _number(attributes.get("frameRate"), 30.0)
        tick_rate = _number(attributes.get("tickRate"), 1.0)
        self._frame_rate = frame_rate
        self._seconds = {
            "h": 3600.0,
            "m": 60.0,
            "s": 1.0,
            "ms": 0.001,
            "f": 1 / frame_rate,
            "t": 1 / tick_rate,
        }

    def ms(self, text: str | None) -> int | None:
        """Milliseconds of a time expression; None when there is none or it is invalid."""
        published = (text or "").strip()
        if offset := _OFFSET.fullmatch(published):
            return from_seconds(float(offset[1]) * self._seconds[offset[2]])
        if frames := _FRAMES.fullmatch(published):
            return after(parse_clock(frames[1]), round(int(frames[2]) / self._frame_rate * 1000))
        return parse_clock(published)

    def interval(self, attributes: Mapping[str, str]) -> tuple[int | None, int | None]:
        """Begin and end of an element, or its begin and duration."""
        begin, end = self.ms(attributes.get("begin")), self.ms(attributes.get("end"))
        return begin, after(begin, self.ms(attributes.get("dur"))) if end is None else end


def _number(text: str | None, default: float) -> float:
    found = _NUMBER.fullmatch(text or "")
    return float(found[0]) or default if found else default
