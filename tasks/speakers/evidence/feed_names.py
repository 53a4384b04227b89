"""Names that the feed has for an episode beside its transcript. Pure."""

from dataclasses import dataclass

from tasks.speakers.evidence.title_mentions import names_in_text
from tasks.speakers.facts import StoredTag


@dataclass(frozen=True, slots=True)
class FeedTexts:
    """What the feed says about an episode: the tags of the episode and the podcast, and texts."""

    tags: tuple[StoredTag, ...]
    title: str
    description: str


def known_speakers(texts: FeedTexts) -> list[str]:
    """People who may speak in an episode: tagged, or introduced in its title or description.

    Labels of other episodes are left out: what is read would depend on the order in which
    episodes are ingested, and the same bytes would be read otherwise the next time.
    """
    named = names_in_text(texts.title, texts.description)
    tagged = [tag.name for tag in texts.tags if tag.name]
    return tagged + [one.name.display for one in named if one.by_cue]
