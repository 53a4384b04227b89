"""Values of digests: sections of rows, and what each number is the sum of."""

from dataclasses import dataclass
from typing import NamedTuple


class Part(NamedTuple):
    """A part of a number, in ``sum(part.number)``: an episode, a podcast, a person or a period.

    ``podcast`` is the key of the podcast that it is from, and ``person`` the slug of the person
    that it names; with them it is hidden once one of them may not be shown.
    """

    title: str
    under: str
    number: int
    podcast: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class DigestRow:
    """A row of a section: a name, its number and the parts of it.

    ``key`` identifies it without ids: the slug of a person or topic, or a hash. A quote has its
    words in ``text``, and no number.
    """

    key: str
    name: str
    number: int | None
    parts: tuple[Part, ...] = ()
    text: str = ""
    podcast: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section with at least one row; ``name`` says what its keys and numbers are."""

    name: str
    rows: tuple[DigestRow, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """All sections of a period, in their order."""

    sections: tuple[Section, ...]

    def row(self, section: str, rank: int) -> DigestRow | None:
        """The row at a rank, from 1."""
        rows = next((each.rows for each in self.sections if each.name == section), ())
        return rows[rank - 1] if 1 <= rank <= len(rows) else None
