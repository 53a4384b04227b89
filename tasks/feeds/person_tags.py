"""Who is on an episode, by the person tags of its item and its channel."""

from tasks.feeds.values import Feed, Item, PersonTag


def effective_persons(feed: Feed, item: Item) -> tuple[PersonTag, ...]:
    """Return the item's person tags or, when it has none of its own, the channel's.

    They are never mixed: "if one or more person tags are present at the item level, they replace
    all at the channel level" (podcast namespace, ``podcast:person``).
    """
    return item.persons or feed.persons
