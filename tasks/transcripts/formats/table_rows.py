"""A table with a row for each turn: a name and its words, with or without a time."""

import re
from collections.abc import Iterator, Sequence

from tasks.transcripts.timestamps import CLOCK

_TIME = re.compile(rf"[\[(]?\s*({CLOCK})\s*[\])]?")
_MAX_NAME = 60  # characters


def turn_of_row(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Return a row as one paragraph, ``**Name:** [0:00] words``; another row's paragraphs as such.

    >>> list(turn_of_row([["0:05"], ["Ada"], ["Hello."]]))
    ['**Ada:** [0:05] Hello.']
    >>> list(turn_of_row([["A chapter"]]))
    ['A chapter']
    """
    filled = [cell for cell in cells if cell]
    times = [time[1] for cell in filled[:2] if (time := _TIME.fullmatch(cell[0]))]
    spoken = [cell for cell in filled if not _TIME.fullmatch(cell[0])]
    name = spoken[0][0].strip("*: ") if len(spoken) == 2 and len(spoken[0]) == 1 else ""
    if not name or len(name) > _MAX_NAME or len(times) > 1:
        for cell in filled:
            yield from cell
        return
    first, *others = spoken[1]
    yield f"**{name}:** " + "".join(f"[{time}] " for time in times) + first
    yield from others
