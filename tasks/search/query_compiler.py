"""A search made into a question to the index, within a budget of what it may read."""

from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from tasks.search.analysis import FAMILIES, words
from tasks.search.query_parser import Both, Either, Node, Not, Phrase, Prefix, Word
from tasks.search.schema import SCHEMA, recent, stems
from tasks.search.values import Filters, SearchRefused

# Entries of the index that one search may read, about a second of work; phrases read positions.
BUDGET = 60_000_000
_PHRASE_COST = 4
MAX_PREFIX_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search is asked of: one state of the index, and the families of stems in it."""

    searcher: tantivy.Searcher
    families: tuple[str, ...]


def scope_of(searcher: tantivy.Searcher) -> Scope:
    """The families that any segment of this state is in."""
    present = tuple(one for one in FAMILIES if searcher.doc_freq("family", one))
    return Scope(searcher, present)


def compile_query(node: Node, filters: Filters, scope: Scope) -> Query:
    """The question that finds what the search and its filters ask for.

    Raises:
        SearchRefused: it would read too much, or has a word without letters and digits.
    """
    if _cost(node, scope) > BUDGET:
        raise SearchRefused("this would read too much: use rarer words, or fewer")
    conditions = [(Occur.Must, _node(node, scope))]
    conditions += [(Occur.Must, Query.const_score_query(one, 0.0)) for one in _filters(filters)]
    return Query.boolean_query(conditions) if len(conditions) > 1 else conditions[0][1]


def _filters(filters: Filters) -> list[Query]:
    found = []
    if filters.person_id is not None:
        found.append(Query.term_query(SCHEMA, "person", filters.person_id))
    if filters.podcast_id is not None:
        found.append(Query.term_query(SCHEMA, "podcast", filters.podcast_id))
    if filters.language is not None:
        found.append(Query.term_query(SCHEMA, "language", filters.language))
    if filters.since is not None or filters.until is not None:
        lower = recent(filters.since, 0, 0xFFFF) if filters.since else None
        upper = recent(filters.until, 0xFFFFFF, 0) if filters.until else None
        found.append(before_and_after(lower, upper))
    return found


def before_and_after(lower: int | None, upper: int | None) -> Query:
    """Segments between two places in the order of time, both included."""
    kind = tantivy.FieldType.Integer
    return Query.range_query(SCHEMA, "recent", kind, lower_bound=lower, upper_bound=upper)


def _node(node: Node, scope: Scope) -> Query:
    if isinstance(node, Word):
        return _word(node, scope)
    if isinstance(node, Phrase):
        return _phrase(node.text, node.at)
    if isinstance(node, Prefix):
        return _prefix(node, scope)
    if isinstance(node, Either):
        return Query.boolean_query([(Occur.Should, _node(part, scope)) for part in node.parts])
    parts = node.parts if isinstance(node, Both) else (node,)
    conditions = [
        (Occur.MustNot, _node(part.part, scope))
        if isinstance(part, Not)
        else (Occur.Must, _node(part, scope))
        for part in parts
    ]
    if all(isinstance(part, Not) for part in parts):  # -(-word): what is not among everything
        conditions.append((Occur.Must, Query.all_query()))
    return Query.boolean_query(conditions)


def _word(node: Word, scope: Scope) -> Query:
    """The word in every language that is there, each by its own stem."""
    if len(words(node.text)) > 1:  # don't, A/B: two words side by side
        return _phrase(node.text, node.at)
    found = []
    for family in scope.families:
        found += [Query.term_query(SCHEMA, stems(family), stem, index_option="freq")
                  for stem in words(node.text, family)]  # fmt: skip
    if not found:
        return _phrase(node.text, node.at)
    if len(found) == 1:
        return found[0]
    return Query.boolean_query([(Occur.Should, one) for one in found])


def _phrase(text: str, at: int) -> Query:
    said = words(text)
    if not said:
        raise SearchRefused("there is no word to look for here", at)
    if len(said) == 1:
        return Query.term_query(SCHEMA, "word", said[0])
    return Query.phrase_query(SCHEMA, "word", list(said))


def _prefix(node: Prefix, scope: Scope) -> Query:
    *before, last = words(node.text) or [""]
    if not last:
        raise SearchRefused("there is no word to look for here", node.at)
    found = scope.searcher.terms_with_prefix("word", last, limit=MAX_PREFIX_WORDS + 1)
    if len(found) > MAX_PREFIX_WORDS:
        raise SearchRefused("too many words begin like this: write more of it", node.at)
    query = Query.term_set_query(SCHEMA, "word", [term for term, _ in found])
    if not before:
        return query
    return Query.boolean_query(
        [(Occur.Must, _phrase(" ".join(before), node.at)), (Occur.Must, query)]
    )


def _cost(node: Node, scope: Scope) -> int:
    """About how many entries the index must look at."""
    if isinstance(node, Not):
        return _cost(node.part, scope)
    if isinstance(node, Both | Either):
        return sum(_cost(part, scope) for part in node.parts)
    if isinstance(node, Prefix):
        begins = (words(node.text) or ["?"])[-1]
        return sum(count for _, count in scope.searcher.terms_with_prefix("word", begins))
    said = words(node.text)
    weight = _PHRASE_COST if len(said) > 1 else 1
    return weight * sum(scope.searcher.doc_freq("word", one) for one in said)
