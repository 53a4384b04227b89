"""Give each turn to the voice that it is most like; pure.

A diarizer groups short windows, and a turn in a quick dialogue is sometimes grouped with another
speaker. The embedding of the whole turn is surer than those of its windows.
"""

from collections.abc import Mapping, Sequence

from tasks.speech.clustering import cosine, normalised
from tasks.speech.values import Turn

Vector = Sequence[float]

# Shorter turns have no embedding that says whose they are.
SHORTEST_MS = 600
# How much more a turn must be like another voice than like its own: a cosine.
_MARGIN = 0.1
_ROUNDS = 4


def by_own_voice(turns: Sequence[Turn], prints: Mapping[int, Vector]) -> list[Turn]:
    """The turns with the voices that they are most like.

    ``prints`` are embeddings by the place of the turn; turns without one stay as they are.
    """
    known = {place: normalised(vector) for place, vector in prints.items() if vector}
    found = list(turns)
    for _ in range(_ROUNDS):
        voices = _voices(found, known)
        moved = [_moved(turn, known.get(place), voices) for place, turn in enumerate(found)]
        if moved == found:
            break
        found = moved
    return found


def _voices(turns: Sequence[Turn], prints: Mapping[int, Vector]) -> dict[int, Vector]:
    """The mean of the embeddings of each voice's turns, by their length."""
    totals: dict[int, list[float]] = {}
    for place, vector in prints.items():
        turn = turns[place]
        total = totals.setdefault(turn.speaker, [0.0] * len(vector))
        totals[turn.speaker] = [
            sum_ + turn.length * value for sum_, value in zip(total, vector, strict=True)
        ]
    return {voice: normalised(total) for voice, total in totals.items()}


def _moved(turn: Turn, vector: Vector | None, voices: Mapping[int, Vector]) -> Turn:
    if vector is None or turn.speaker not in voices:
        return turn
    likeness = {voice: cosine(vector, centroid) for voice, centroid in voices.items()}
    nearest = max(likeness, key=likeness.__getitem__)
    if likeness[nearest] - likeness[turn.speaker] < _MARGIN:
        return turn
    return turn._replace(speaker=nearest)
