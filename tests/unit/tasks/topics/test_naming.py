"""Topics: one slug for all spellings, a name to show, and nothing that is not a topic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.topics.naming import MAX_LENGTH, topic_name, topic_slug, topics


@pytest.mark.parametrize(
    ("written", "shown", "slug"),
    [
        ("History", "History", "history"),
        ("#machine_learning", "Machine learning", "machine-learning"),
        ("  Science &  Tech ", "Science & Tech", "science-and-tech"),
        ("science and tech", "Science and tech", "science-and-tech"),
        ("“AI”", "AI", "ai"),
        ("C++", "C++", "cpp"),
        ("c#", "C", ""),
        ("Müsli", "Müsli", "musli"),
        ("日本", "日本", "riben"),
        ("iPhone", "iPhone", "iphone"),
    ],
)
def test_topic_has_its_written_name_and_a_slug(written: str, shown: str, slug: str) -> None:
    if slug:
        assert topics([written]) == {slug: shown}
    else:
        assert topics([written]) == {}


@pytest.mark.parametrize(
    "written",
    ["", " ", "#", "42", "2024-01-01", "podcast", "Uncategorized", "x" * 51, "!!!",
     "a sentence with far more words than five", "\u202e\u2066"],
)  # fmt: skip
def test_topic_that_is_none_is_left_out(written: str) -> None:
    assert topics([written]) == {}


def test_topic_spellings_share_the_first_name() -> None:
    assert topics(["Open Source", "open-source", "#opensource", "OPEN SOURCE"]) == {
        "open-source": "Open Source",
        "opensource": "Opensource",
    }


@given(st.text(max_size=300))
def test_topic_of_any_text_has_short_name_and_url_safe_slug(written: str) -> None:
    name = topic_name(written)
    assert len(name) <= MAX_LENGTH + 2  # a first letter may become two: ß, ŉ
    slug = topic_slug(name)
    assert slug == slug.lower()
    assert slug.isascii()
    assert not set(slug) & set(" /?#%&\"'<>")
