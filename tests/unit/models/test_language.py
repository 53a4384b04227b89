"""Language tags (BCP 47)."""

import pytest

from models.language import primary_subtag


@pytest.mark.parametrize(
    ("language", "subtag"),
    [
        ("en", "en"), ("en-US", "en"), ("en_US", "en"), (" DE-at ", "de"), ("fil-PH", "fil"),
        ("zh-Hant-TW", "zh"), (None, ""), ("", ""), ("english", ""), ("x-klingon", ""), ("12", ""),
    ],
)  # fmt: skip
def test_primary_subtag_of_a_language_tag(language: str | None, subtag: str) -> None:
    assert primary_subtag(language) == subtag
