"""The search language: syntax trees of valid searches, error positions of invalid ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.search.query_parser import MAX_LENGTH, And, Not, Or, Phrase, Prefix, Word, parse
from tasks.search.values import SearchRefused


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("word", Word("word", 1)),
        ("two words", And((Word("two", 1), Word("words", 5)))),
        ("two AND words", And((Word("two", 1), Word("words", 9)))),
        ("one OR other", Or((Word("one", 1), Word("other", 8)))),
        ('"two words"', Phrase("two words", 1)),
        ("“two words”", Phrase("two words", 1)),
        ("begin*", Prefix("begin", 1)),
        ("this -that", And((Word("this", 1), Not(Word("that", 7))))),
        ("this NOT that", And((Word("this", 1), Not(Word("that", 10))))),
        ("rock & roll", And((Word("rock", 1), Word("roll", 8)))),
        ("well-known", Word("well-known", 1)),
        ("and or not", And((Word("and", 1), Word("or", 5), Word("not", 8)))),
    ],
)
def test_parse_returns_the_syntax_tree(text: str, tree: object) -> None:
    assert parse(text) == tree


def test_parse_binds_and_before_or_and_groups_first() -> None:
    assert parse("a b OR c") == Or((And((Word("a", 1), Word("b", 3))), Word("c", 8)))
    assert parse("a (b OR c)") == And((Word("a", 1), Or((Word("b", 4), Word("c", 9)))))


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", None),
        ("!? …", None),
        ('say "hello', 5),
        ("(a OR b", 1),
        ("a OR b)", 7),
        ("a ()", 3),
        ("a AND", 3),
        ("OR b", 1),
        ("a AND OR b", 7),
        ("a NOT", 3),
        ("-a", 1),
        ("a OR -b", 1),
        ("f*", 1),
        ("wo*rd", 3),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH + 1),
        ("a " * 33, None),
        ("(" * 12 + "a" + ")" * 12, 12),
    ],
)
def test_parse_of_an_invalid_search_raises_its_position(text: str, position: int | None) -> None:
    with pytest.raises(SearchRefused) as refused:
        parse(text)
    assert refused.value.position == position
    assert str(refused.value)


@given(st.text(alphabet=st.sampled_from('ab*-()"“ \x00\u202e&ANDORNOT'), max_size=60))
def test_parse_of_any_text_succeeds_or_raises_a_position(text: str) -> None:
    assert _error_position(text) in {None, *range(1, len(text) + 1)}


def _error_position(text: str) -> int | None:
    try:
        parse(text)
    except SearchRefused as refused:
        return refused.position
    return None
