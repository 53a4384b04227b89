"""Every word of the readers' templates is marked for translation."""

from pathlib import Path

import pytest
from jinja2 import Environment

from tests.unit.web.template_words import unmarked_words
from web.rendering import WEB_FOLDER

TEMPLATES = WEB_FOLDER / "templates"
# An example, and a tag that readers copy.
_NOT_TRANSLATED = {"https://example.com/podcast", '<iframe src="'}
ENVIRONMENT = Environment(
    extensions=["jinja2.ext.i18n"], autoescape=True, trim_blocks=True, lstrip_blocks=True
)


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_every_word_of_a_template_is_marked(path: Path) -> None:
    found = unmarked_words(ENVIRONMENT, path.read_text())
    assert [one for one in found if one not in _NOT_TRANSLATED] == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Some words</p>", ["Some words"]),
        ('<p>{{ "episode" if one else "episodes" }}</p>', ["episodeepisodes"]),
        ('<p title="A title">{{ name }}</p>', ["A title"]),
        ('{{ parts.figure(1, "All speakers") }}', ["All speakers"]),
        ('{% for name in ("One", "Two words") %}{{ name }}{% endfor %}', ["One", "Two words"]),
        ("<p>{{ _('Some words') }}</p>", []),
        ("<p>{% trans %}Some words{% endtrans %}</p>", []),
        ('{% if here == "Two words" %}<code>overheard up</code>{% endif %}', []),
        ('<a class="button button-quiet" href="/people">{{ name }}</a>', []),
    ],
)
def test_an_unmarked_word_is_found(source: str, words: list[str]) -> None:
    assert unmarked_words(ENVIRONMENT, source) == words
