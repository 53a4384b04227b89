"""Texts of templates: what is filled in is cleaned and escaped, also within a translation."""

from contextvars import copy_context

from markupsafe import Markup

from web import rendering
from web.languages.choice import LANGUAGES, set_language
from web.languages.texts import N_, formatted, translated

HOSTILE = "<b>\u202ename"


def _rendered(source: str, code: str = "de", **values: object) -> str:
    def run() -> str:
        set_language(LANGUAGES[code])
        return rendering._environment(code).from_string(source).render(values)

    return copy_context().run(run)


def test_values_are_cleaned_and_escaped() -> None:
    source = "{{ _('Compare %(name)s', name=name) }}"
    assert _rendered(source, name=HOSTILE) == "&lt;b&gt;name vergleichen"
    assert _rendered(source, name=Markup("<b>x</b>")) == "<b>x</b> vergleichen"
    assert _rendered(source, name=None) == " vergleichen"


def test_blocks_are_translated_like_calls() -> None:
    source = "{% trans name=name %}Compare {{ name }}{% endtrans %}"
    assert _rendered(source, name=HOSTILE) == "&lt;b&gt;name vergleichen"


def test_plurals_of_templates() -> None:
    source = "{{ ngettext('episode', 'episodes', count) }}"
    assert [_rendered(source, count=count) for count in (0, 1, 2)] == ["Folgen", "Folge", "Folgen"]


def test_a_text_without_translation_is_english() -> None:
    assert _rendered("{{ _('Not a text of any page') }}") == "Not a text of any page"
    assert _rendered("{{ ''|translated }}") == ""


def test_outside_of_pages_all_is_english() -> None:
    assert translated("Podcast appearances") == "Podcast appearances"
    assert formatted(N_("since %(day)s"), day="today") == "since today"


def test_a_text_without_values_costs_nothing() -> None:
    environment = rendering._environment("de")
    code = environment.compile("<h1>{{ _('Search') }}: 5 %</h1>", raw=True)
    assert "<h1>Suche: 5 %</h1>" in code
    assert "gettext" not in code


def test_a_percent_sign_is_one_in_each_language() -> None:
    source = """{{ _("%(part)s %% of this month's requests have been used.", part=5) }}"""
    assert _rendered(source) == "5 % der Anfragen dieses Monats sind verbraucht."
    assert _rendered(source, "en") == "5 % of this month's requests have been used."
