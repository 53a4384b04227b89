"""The translations of a language, read from its catalogue when the first page needs them.

The catalogues (.po) are what is installed, and are compiled in memory: that takes a fraction of a
second once in a process, and no compiled file can be out of date.
"""

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LOCALES = Path(__file__).parents[1] / "locale"
DOMAIN = "overheard"


def catalogue_file(code: str) -> Path:
    """The catalogue of a language."""
    return LOCALES / code / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def translations(code: str) -> Translations:
    """The translations of a language; fuzzy ones are left out, so their text is English."""
    with catalogue_file(code).open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, domain=DOMAIN)
