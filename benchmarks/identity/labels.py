"""The labelled set: who speaks under a label of an episode, judged by reading; facts only."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

LABELS = Path(__file__).parents[2] / "tests" / "data" / "identity" / "labels.jsonl"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One label of one episode, and whose voice it is; ``person`` None when nobody can tell.

    ``also`` are other forms of the person's name that are as right. ``kind`` says why it was drawn:
    at random, or as a hard case of this kind.
    """

    show: str
    episode: str
    label: str
    person: str | None
    kind: str
    also: tuple[str, ...] = ()

    @property
    def held_out(self) -> bool:
        """Whether it belongs to the half that is scored at the end and never tuned on."""
        said = "\0".join((self.show, self.episode, self.label)).encode()
        return hashlib.blake2b(said, digest_size=1).digest()[0] % 2 == 0


def read_labels(path: Path = LABELS) -> list[Labelled]:
    """Read the whole set, in the order of the file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Labelled(**(row | {"also": tuple(row.get("also", ()))})) for row in rows]
