"""A search as it was probably meant: rare words replaced by similar words of the index."""

import re
from collections.abc import Iterator

from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import extract

from tasks.search.analysis import words
from tasks.search.query_compiler import IndexScope
from tasks.search.schema import stems_field

# A word in so few segments may be a mistake, if a similar one is so many times as frequent.
FEW, TIMES_AS_OFTEN = 3, 10
_MIN_LETTERS, _MIN_LETTERS_OF_TWO_MISTAKES = 4, 8
# A word on its own: not the end of another, excluded or a beginning.
_WORD = re.compile(r"(?<![\w'\u2019*-])[^\W\d_]{4,40}(?![\w'\u2019*-])")


def as_meant(text: str, scope: IndexScope) -> str | None:
    """Return the search with its rare words replaced by similar frequent ones; None if none is.

    Operators, quotation marks, excluded words and beginnings of words stay as they are.
    """
    meant = _WORD.sub(lambda found: _similar(found[0], scope) or found[0], text)
    return meant if meant != text else None


def _similar(word: str, scope: IndexScope) -> str | None:
    """The most similar word of the index, the most frequent of several; None for a known word."""
    terms = words(word)
    if word in {"AND", "OR", "NOT"} or len(terms) != 1 or len(terms[0]) < _MIN_LETTERS:
        return None
    (term,) = terms
    frequency = _frequency(term, word, scope)
    if frequency > FEW:
        return None
    least = max(FEW + 1, frequency * TIMES_AS_OFTEN)
    known = {other: count for other, count in _beginning_alike(term, scope) if count >= least}
    mistakes = 2 if len(term) >= _MIN_LETTERS_OF_TWO_MISTAKES else 1
    near = extract(
        term, list(known), scorer=DamerauLevenshtein.distance, score_cutoff=mistakes, limit=50
    )
    ranked = sorted((distance, -known[other], other) for other, distance, _ in near if distance)
    if not ranked:
        return None
    return ranked[0][2].capitalize() if word[0].isupper() else ranked[0][2]


def _frequency(term: str, word: str, scope: IndexScope) -> int:
    """In how many segments the word is, in any inflected form."""
    counts = [scope.searcher.doc_freq("word", term)]
    for stemmer in scope.stemmers:
        stems = words(word, stemmer)
        counts += [scope.searcher.doc_freq(stems_field(stemmer), stem) for stem in stems]
    return max(counts)


def _beginning_alike(term: str, scope: IndexScope) -> Iterator[tuple[str, int]]:
    """Words with the same first letter, or with the first two exchanged, and their frequency."""
    for prefix in (term[0], term[1] + term[0]):
        yield from scope.searcher.terms_with_prefix("word", prefix)
