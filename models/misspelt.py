"""Environment variables that are nearly settings, and none."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from models.settings import Settings

PREFIX = "OVERHEARD_"


def misspelt_variables(names: Iterable[str]) -> Iterator[str]:
    """A sentence for each variable that is nearly one of our settings, and none of them."""
    known = [name.upper() for name in Settings.model_fields]
    for name in sorted(names):
        rest = name.upper().removeprefix(PREFIX)
        if not name.upper().startswith(PREFIX) or rest in known:
            continue
        for near in get_close_matches(rest, known, n=1, cutoff=0.7):
            yield f"{name} is no setting and is ignored; did you mean {PREFIX}{near}?"
