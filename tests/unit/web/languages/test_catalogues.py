"""The catalogues: current, German complete, and nothing in them that breaks a page."""

import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from scripts.catalogues import files
from web.languages.catalogues import catalogue_file, translations
from web.languages.choice import ENGLISH, LANGUAGES

TRANSLATED = sorted(LANGUAGES.keys() - {ENGLISH.code})
_PLACEHOLDER = re.compile(r"%\(\w+\)s|%%|\{\}")
_TAG = re.compile(r"<[^>]+>")


def _catalogue(code: str) -> Catalog:
    with catalogue_file(code).open("rb") as file:
        return read_po(file, locale=code)


def _texts(message: Message) -> list[tuple[str, str]]:
    """Each translation with the text that it is of; the first of plurals is that for one."""
    if isinstance(message.id, str):
        return [(message.id, str(message.string))]
    one, many = message.id
    return [(many if place else one, text) for place, text in enumerate(message.string or ())]


def _pairs(code: str) -> list[tuple[str, str]]:
    messages = [message for message in _catalogue(code) if message.id]
    return [pair for message in messages for pair in _texts(message) if pair[1]]


def test_catalogues_have_the_texts_of_the_pages() -> None:
    old = [path.name for path, content in files().items() if path.read_bytes() != content]
    assert old == [], "run: make languages"


def test_german_is_complete() -> None:
    messages = [message for message in _catalogue("de") if message.id]
    assert len(messages) > 800
    empty = [one.id for one in messages if not all(text for _, text in _texts(one))]
    assert empty == []
    assert [one.id for one in messages if one.fuzzy] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_placeholders_and_markup_are_those_of_the_text(code: str) -> None:
    for text, translation in _pairs(code):
        for form in (_PLACEHOLDER, _TAG):
            assert set(form.findall(translation)) == set(form.findall(text)), translation


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_do_not_end_an_attribute(code: str) -> None:
    for text, translation in _pairs(code):
        outside = _TAG.sub("", translation)
        assert '"' not in outside, translation
        assert not re.search(r"[<>]", outside), translation
        assert translation.strip() == translation, text


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalogue_is_read_and_falls_back_to_english(code: str) -> None:
    found = translations(code)
    assert found.gettext("Search") not in {"", "Search"}
    assert found.gettext("Not a text of any page") == "Not a text of any page"
