"""Labels in the form in which decisions about them are compared."""

from functools import lru_cache

from tasks.speakers.names.names import comparable, read_name


@lru_cache(maxsize=16384)
def label_key(label: str) -> str:
    """The key of the name in a label or, where it names nobody, of the whole label. Never raises.

    An empty key, as of a label that is all signs, is the label itself: it still can be meant.
    """
    name = read_name(label)
    return (name.key if name else comparable(label)) or label.strip()
