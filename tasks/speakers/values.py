"""Values of the matcher: names, candidates, evidence, and the match of each label."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name as parsed from a label.

    ``key`` is the comparable form: equal keys are the same name. ``display`` is the form to show.
    ``words`` is the number of words in the key that contain a letter: a name of one word never
    identifies a person across podcasts.
    """

    key: str
    display: str
    words: int


@dataclass(frozen=True, slots=True)
class ParsedLabel:
    """The parts of a label: the text of the name, and the role beside it ('' for none).

    ``text`` is '' when the label does not name exactly one person. ``joint`` is true when it names
    several people.
    """

    text: str
    role: str = ""
    joint: bool = False


@dataclass(frozen=True, slots=True)
class SpeakerMatch:
    """The matcher's result for one label: a name or None, always with a method and a reason.

    ``name`` is None when the speaker is unknown. A name of one word identifies a person only
    within the podcast. ``confidence`` is between 0 and 1. ``evidence`` says in a few words what
    the match is based on. ``variant`` is another full name of the same person. ``link`` is the
    page that a person tag of the episode gives for this person.
    """

    method: str
    reason: str
    confidence: float = 0.0
    name: Name | None = None
    role: str = ""
    evidence: str = ""
    variant: Name | None = None
    link: str = ""


# Where a candidate was found: the podcast's field for its author.
PODCAST_AUTHOR = "an author of the podcast"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person who may speak in an episode. A candidate alone never makes an appearance.

    ``source`` says where the name was found. ``in_episode`` is true when the episode itself names
    the person: its own tag, a label, an introduction. Recurring speakers and the tags of the
    channel are not from the episode. ``link`` is the page that a tag links to, '' for none;
    ``times`` is how often a text has the name, ``is_credit`` whether only as that of a producer;
    ``begins_clearly`` whether its first word there cannot be a profession.
    """

    name: Name
    source: str
    in_episode: bool = False
    role: str = ""
    link: str = ""
    times: int = 1
    is_credit: bool = False
    begins_clearly: bool = False


@dataclass(frozen=True, slots=True)
class Introduction:
    """A name spoken in an episode, and what it tells about who speaks.

    ``label`` is the speaker whom the name is about: the one who says "I'm Jane Doe"
    (``is_self``), or the one who answers "and here is Jane Doe"; '' when that is unclear.
    ``welcomed`` is true after phrases such as "talk to" and "here is", ``guest`` after
    "my guest is". ``introduced_by`` is the label of the speaker who says the name first.
    """

    name: str
    label: str = ""
    is_self: bool = False
    welcomed: bool = False
    guest: bool = False
    times: int = 1
    introduced_by: str = ""
    says_so: bool = False


@dataclass(frozen=True, slots=True)
class SpokenName:
    """A full name that may be a speaker's, and the signs of it.

    ``signs`` are ``self`` (the speaker says it is theirs), ``self_opening`` (in the first turns),
    ``opens`` (in the first turn of the episode), ``presented`` (another one says it with a phrase
    of welcome, right before the speaker is first or second heard), ``named_before`` (without one)
    and ``presents`` (the speaker presents another one so).
    ``addressed`` counts how often others address the speaker by its first word, ``to_others`` how
    often others are addressed so, ``addresses`` how often the speaker addresses another one so.
    """

    label: str
    name: Name
    signs: frozenset[str]
    addressed: int = 0
    to_others: int = 0
    addresses: int = 0


@dataclass(frozen=True, slots=True)
class DirectAddress:
    """A name in comparable form by which one speaker addresses another, who answers next.

    ``addressed_by`` and ``answered_by`` are labels; ``times`` counts how often it happens.
    """

    name: str
    addressed_by: str
    answered_by: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class EpisodeContext:
    """Everything that the matches of an episode depend on.

    ``segment_counts`` has the number of segments of each label. ``tags`` are the person tags in
    force: those of the item, or else those of the channel. ``recurring`` are the people who speak
    or are tagged in other episodes of the podcast, by the key of their names. ``in_show`` has the
    person behind a folded label in other episodes, where there is only one. ``named`` are full
    names in the title and description: no candidates, but a part of one can be a label; so are
    ``named_by_podcast``, in the podcast's description. ``spoken`` are full names that may be a
    speaker's, ``greeted`` labels with a first name by which they are greeted. ``labels_in_text``
    are the labels that the title or description has as words; ``nicknames`` has the person whom
    they call so. ``words`` are the capitalised words under each label that is a role;
    ``guest_label`` is that of two speakers who speaks as a guest.
    """

    segment_counts: dict[str, int]
    tags: tuple[Candidate, ...] = ()
    recurring: dict[str, "RecurringSpeaker"] = field(default_factory=dict)
    introductions: tuple[Introduction, ...] = ()
    direct_addresses: tuple[DirectAddress, ...] = ()
    in_show: dict[str, Name] = field(default_factory=dict)
    named: tuple[Candidate, ...] = ()
    named_by_podcast: tuple[Candidate, ...] = ()
    spoken: tuple[SpokenName, ...] = ()
    greeted: frozenset[tuple[str, str]] = frozenset()
    labels_in_text: frozenset[str] = frozenset()
    nicknames: Mapping[str, Name] = field(default_factory=dict)
    words: Mapping[str, frozenset[str]] = field(default_factory=dict)
    guest_label: str = ""


class RecurringSpeaker(NamedTuple):
    """A name in other episodes of the podcast; ``spoken`` and ``tagged`` count those episodes.

    ``channel`` is true when the tags of the channel have the name. ``frequent`` is true when the
    name is in so many of all episodes that a first name alone can refer to it, ``usual`` when it
    is in so many that a diarized speaker without a name can be this person. A tuple, because
    every episode gets all names of its podcast.
    """

    name: Name
    spoken: int = 0
    tagged: int = 0
    channel: bool = False
    frequent: bool = False
    usual: bool = False

    @property
    def established(self) -> bool:
        """Whether the person belongs to the podcast: a channel tag, or two other episodes."""
        return self.channel or self.spoken >= 2 or self.tagged >= 2
