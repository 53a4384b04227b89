"""The texts of packages below are those that they still have."""

from pathlib import Path

import pytest

from web.languages import texts_below

ROOT = Path(texts_below.__file__).parents[2]
SOURCES = "\n".join(
    path.read_text() for folder in ("models", "tasks") for path in (ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("text", [*texts_below._LINKS, *texts_below._SEARCH, *texts_below._BLOG])
def test_a_listed_text_is_in_the_code(text: str) -> None:
    assert f'"{text}"' in SOURCES


def test_texts_have_no_placeholders_and_come_once() -> None:
    texts = list(texts_below.texts_below())
    assert len(texts) == len(set(texts))
    assert not any("%(" in text for text in texts)
