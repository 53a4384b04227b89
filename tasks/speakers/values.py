"""What we decide about a speaker, as values: who it is, how we know, and why not."""

from dataclasses import dataclass, field
from typing import NamedTuple


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
class Decision:
    """Who a speaker is: a name to be looked up globally, or nobody, always with its reason.

    ``name`` is None when nobody is resolved; a name of one word is somebody within the podcast
    only. ``confidence`` is 0 to 1. ``evidence`` says in a few words what was read where.
    ``other_form`` is another full name that means the same person, ``address`` the page that a
    tag of the episode gives for this one.
    """

    method: str
    reason: str
    confidence: float = 0.0
    name: Name | None = None
    role: str = ""
    evidence: str = ""
    other_form: Name | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may speak on an episode, never more by itself.

    ``where`` says what was read where. ``here`` tells that the episode itself names them: its own
    tag, a label, an introduction; the regulars of the podcast and the channel's tags do not.
    ``address`` is that of the page that a tag links to, '' for none.
    """

    name: Name
    where: str
    here: bool = False
    role: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Introduction:
    """A name that is said on an episode, and by how much it tells who speaks.

    ``label`` is the voice that it is about: the speaker's own ("I'm Jane Doe"), or the one that
    answers ("and here is Jane Doe"); '' when nobody can tell. ``own`` tells the first of these.
    ``welcomed`` is a name behind "talk to", "here is", and the like, ``guest`` behind "my guest
    is". ``by`` is the voice that says it first.
    """

    name: str
    label: str = ""
    own: bool = False
    welcomed: bool = False
    guest: bool = False
    times: int = 1
    by: str = ""


@dataclass(frozen=True, slots=True)
class DirectAddress:
    """A word said like a name in a call, comparable: who says it, who speaks next, how often."""

    name: str
    by: str
    voice: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class EpisodeContext:
    """All that the decision who speaks on an episode depends on.

    ``voices`` has the segments of every label; ``tags`` are the person tags in force (the item's,
    else the channel's); ``recurring`` the names of those heard or tagged in other episodes of the
    podcast, by key, with the number of these episodes.
    """

    voices: dict[str, int]
    tags: tuple[Candidate, ...] = ()
    recurring: dict[str, "RecurringSpeaker"] = field(default_factory=dict)
    introductions: tuple[Introduction, ...] = ()
    addressed: tuple[DirectAddress, ...] = ()


class RecurringSpeaker(NamedTuple):
    """A name in other episodes of the same podcast: in how many it speaks, or is tagged.

    ``frequent`` tells that these are many of all, so that a first name alone can mean them;
    ``usual``, that these are so many that a voice that only has a number can be theirs. A tuple,
    because each episode has all of its podcast.
    """

    name: Name
    spoken: int = 0
    tagged: int = 0
    channel: bool = False
    frequent: bool = False
    usual: bool = False

    @property
    def established(self) -> bool:
        """Whether they belong to the podcast: its own tag, or two other episodes."""
        return self.channel or self.spoken >= 2 or self.tagged >= 2
