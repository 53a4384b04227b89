"""The container of the talk within a page: what is outside is comments, menus and credits."""

from collections import Counter
from collections.abc import Sequence

from tasks.transcripts.labels.candidates import PlacedText

_FEW_TURNS = 4
_NEARLY_ALL = 0.93  # of the turns: a comment or two may resemble one


def in_talk(paragraphs: Sequence[str], begins: Sequence[bool]) -> list[bool]:
    """Whether each paragraph is in the innermost container that nearly all turns are in.

    Args:
        paragraphs: of the document; those without a place are in.
        begins: whether each begins a turn.
    """
    turns = [
        paragraph.path
        for paragraph, is_turn in zip(paragraphs, begins, strict=True)
        if is_turn and isinstance(paragraph, PlacedText)
    ]
    inner = _container(turns) if len(turns) >= _FEW_TURNS else ()
    if not inner:
        return [True] * len(paragraphs)
    return [
        not isinstance(each, PlacedText) or each.path[: len(inner)] == inner for each in paragraphs
    ]


def _container(paths: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    inner: tuple[int, ...] = ()
    for length in range(1, max(map(len, paths)) + 1):
        path, count = Counter(path[:length] for path in paths).most_common(1)[0]
        if len(path) < length or count < _NEARLY_ALL * len(paths):
            break
        inner = path
    return inner
