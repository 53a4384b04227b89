"""Language tags (BCP 47). Pure."""

import re
from functools import lru_cache

_PRIMARY_SUBTAG = re.compile("[a-z]{2,3}")


@lru_cache(maxsize=1024)
def primary_subtag(language: str | None) -> str:
    """Return the primary subtag of a language tag (BCP 47): ``en`` of ``en-US``.

    Feeds write ``en_US`` and ``EN`` too. '' when the tag is absent or its subtag is not an ISO 639
    code of two or three letters.
    """
    subtag = (language or "").strip().lower().replace("_", "-").partition("-")[0]
    return subtag if _PRIMARY_SUBTAG.fullmatch(subtag) else ""
