"""What we decide about a speaker, as values: who it is, how we know, and why not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name as read from a label.

    ``key`` is the comparable form (equal keys are one name), ``display`` the form to show,
    ``words`` the number of words in the key that have a letter: a one-word name is never global
    by itself.
    """

    key: str
    display: str
    words: int


@dataclass(frozen=True, slots=True)
class LabelReading:
    """A label taken apart: the text of the name, the role said beside it ('' when none).

    ``text`` is '' when the label names no single person; ``joint`` tells that it names several.
    """

    text: str
    role: str = ""
    joint: bool = False


@dataclass(frozen=True, slots=True)
class SpeakerFigures:
    """What a label's segments in one episode sum up to; speaking time in milliseconds."""

    appearances: int
    spoken_ms: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Who a speaker is: a name to be looked up globally, or nobody, always with its reason.

    ``name`` is None when nobody is resolved. ``confidence`` is 0 to 1. ``evidence`` says in a few
    words what was read where.
    """

    method: str
    reason: str
    confidence: float = 0.0
    name: Name | None = None
    role: str = ""
    evidence: str = ""
