"""The labelled sets: who speaks under a label of an episode, found by reading the transcripts."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parents[2] / "tests" / "data" / "identity"
LABELS = _FOLDER / "labels.jsonl"
# Drawn at random, at most 24 of a show, and judged by readers who had not seen any answer.
JUDGED = _FOLDER / "judged.jsonl"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label of an episode with the person who speaks; None when the transcript does not tell.

    ``also`` has other accepted forms of the person's name. ``kind`` is ``random``, the kind of
    difficulty for which the label was selected, or why no reader can name the speaker.
    """

    show: str
    episode: str
    label: str
    person: str | None
    kind: str
    also: tuple[str, ...] = ()

    @property
    def in_test_half(self) -> bool:
        """Whether it belongs to the half for final scores, which nothing is tuned on."""
        encoded = "\0".join((self.show, self.episode, self.label)).encode()
        return hashlib.blake2b(encoded, digest_size=1).digest()[0] % 2 == 0


def read_labels(path: Path = LABELS) -> list[Labelled]:
    """Read the labelled set, in the order of the file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Labelled(**(row | {"also": tuple(row.get("also", ()))})) for row in rows]
