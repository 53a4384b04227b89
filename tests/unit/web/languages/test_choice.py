"""Which language a request gets."""

import pytest

from models import get_settings
from web.languages.choice import chosen_language


@pytest.mark.parametrize(
    ("cookies", "accepted", "code"),
    [
        ("", "", "en"),
        ("", "de", "de"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "en-GB, de;q=0.9", "en"),
        ("", "it, fr;q=0.4, es;q=0.6", "es"),
        ("", "de;q=0, en;q=0.1", "en"),
        ("", "it", "en"),
        ("", "*", "en"),
        ("", "de;q=nonsense, fr", "fr"),
        ("", ",;=%", "en"),
        ("", "x" * 5000, "en"),
        ("overheard_language=fr", "de", "fr"),
        ("other=1; overheard_language=es", "", "es"),
        ("overheard_language=it", "de", "de"),
        ("overheard_language=../../etc", "", "en"),
    ],
)
def test_cookie_wins_over_browser(cookies: str, accepted: str, code: str) -> None:
    assert chosen_language(cookies, accepted).code == code


def test_the_setting_decides_for_other_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_LANGUAGE", "de")
    get_settings.cache_clear()
    assert chosen_language("", "").code == "de"
    assert chosen_language("", "it, ja").code == "de"
    assert chosen_language("", "en").code == "en"
    assert chosen_language("overheard_language=es", "en").code == "es"
