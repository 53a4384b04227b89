"""Brings the catalogues of web/locale/ up to date: ``python -m scripts.catalogues``.

Texts are taken from the templates of readers, from the marked texts of ``web``, and from those of
the packages below. New ones are added to each catalogue without a translation, and those that are
gone leave it. Nothing is guessed: a changed text is a new one.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from web.languages.catalogues import DOMAIN, LOCALES, catalogue_file
from web.languages.choice import ENGLISH, LANGUAGES
from web.languages.texts_below import texts_below

WEB = LOCALES.parent
TEMPLATE = LOCALES / f"{DOMAIN}.pot"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "plural": (1, 2)}
_HEADER = """\
# {language} translations of the pages of Overheard.
# The texts are those of web/languages; CONTRIBUTING.md says how to change them.
#"""


def found_texts() -> Catalog:
    """All texts of the pages, with the files that have them."""
    catalogue = Catalog(domain=DOMAIN, project="Overheard", charset="utf-8", fuzzy=False)
    for path in _sources():
        method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
        options = {"extensions": "jinja2.ext.i18n", "silent": "false"} if "jinja2" in method else {}
        place = str(path.relative_to(WEB.parent))
        for _, text, comments, _ in extract_from_file(method, path, KEYWORDS, (), options):
            catalogue.add(text, locations=[(place, 0)], auto_comments=comments)
    for text in texts_below():
        catalogue.add(text, locations=[("web/languages/texts_below.py", 0)])
    return catalogue


def _sources() -> Iterator[Path]:
    """The files with texts: operators' pages are English."""
    yield from sorted(WEB.rglob("*.py"))
    yield from sorted((WEB / "templates").glob("*.html"))


def updated(catalogue: Catalog, texts: Catalog) -> bytes:
    """A catalogue with the texts that there are now, in its file's form."""
    catalogue.update(texts, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return _written(catalogue)


def _written(catalogue: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    # What changes each time, or would say nothing.
    left_out = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By", "Project-Id-Version")
    left_out += ("Report-Msgid-Bugs-To", "Last-Translator", "Language-Team")
    volatile = tuple(f'"{name}'.encode() for name in left_out)
    lines = file.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(volatile))


def files() -> dict[Path, bytes]:
    """The content that each file should have."""
    texts = found_texts()
    texts.header_comment = _HEADER.format(language="Texts for")
    contents = {TEMPLATE: _written(texts)}
    for code in LANGUAGES.keys() - {ENGLISH.code}:
        with catalogue_file(code).open("rb") as file:
            contents[catalogue_file(code)] = updated(read_po(file, locale=code), texts)
    return contents


def main() -> None:
    """Write all files."""
    for path, content in files().items():
        path.write_bytes(content)
        sys.stdout.write(f"{path} written\n")


if __name__ == "__main__":
    main()
