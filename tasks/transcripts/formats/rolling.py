"""Rolling captions: lines that scroll up and are repeated by the next cue count once.

YouTube's automatic captions show each line twice, with cues of 10 ms between; captions of live
television scroll in the same way.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

from tasks.transcripts.labels.cues import Cue

# People repeat themselves now and then; captions that scroll do it in most cues.
_MIN_SHARE = 0.5
_MIN_CUES = 2


def without_repeats(cues: Sequence[Cue], plain: Callable[[str], str]) -> Sequence[Cue]:
    """Return the cues without the lines that the cue before them ended with, if they scroll.

    ``plain`` returns a line without tags. Linear: a cue shares at most its own lines.
    """
    lines = [_lines(cue.text) for cue in cues]
    if sum(len(each) > 1 for each in lines) < _MIN_CUES:
        return cues
    shown = [[plain(line) for line in each] for each in lines]
    shared = [_shared(before, after) for before, after in pairwise([[], *shown])]
    repeating = sum(count > 0 for count in shared)
    # A whole cue may be spoken again; only captions that scroll have a new line below an old one.
    scrolling = sum(0 < count < len(each) for count, each in zip(shared, shown, strict=True))
    if scrolling < _MIN_CUES or repeating < _MIN_SHARE * (len(cues) - 1):
        return cues
    return [
        cue._replace(text="\n".join(each[count:]))
        for cue, each, count in zip(cues, lines, shared, strict=True)
    ]


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def _shared(before: Sequence[str], after: Sequence[str]) -> int:
    """How many lines at the start of a cue are those at the end of the cue before; three at most.

    No caption has more lines on the screen.
    """
    for count in range(min(len(before), len(after), 3), 0, -1):
        if before[-count:] == after[:count]:
            return count
    return 0
