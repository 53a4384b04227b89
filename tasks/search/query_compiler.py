"""Compile a parsed search to a tantivy query, within a budget of what it may read."""

from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from tasks.search.analysis import STEMMER_NAMES, words
from tasks.search.index_searcher import IndexSearcher
from tasks.search.query_parser import And, Node, Not, Or, Phrase, Prefix, Word
from tasks.search.schema import SCHEMA, recency, stems_field
from tasks.search.values import Filters, SearchRefused

# Postings that one search may read, about a second of work. Phrases also read positions.
BUDGET = 60_000_000
_PHRASE_COST = 4
MAX_PREFIX_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class IndexScope:
    """One state of the index, and the stemmers that its segments use."""

    searcher: IndexSearcher
    stemmers: tuple[str, ...]


def scope_of(searcher: IndexSearcher) -> IndexScope:
    """Return the scope of a searcher, with the stemmers that any of its segments uses."""
    present = tuple(name for name in STEMMER_NAMES if searcher.doc_freq("stemmer", name))
    return IndexScope(searcher, present)


def compile_query(node: Node, filters: Filters, scope: IndexScope) -> Query:
    """Return the query that finds what matches the search and its filters.

    Raises:
        SearchRefused: it would read too much, or has a word without letters and digits.
    """
    if _cost(node, scope) > BUDGET:
        raise SearchRefused("this search would read too much: use fewer or rarer words")
    conditions = [(Occur.Must, _node(node, scope))]
    conditions += [
        (Occur.Must, Query.const_score_query(condition, 0.0)) for condition in _filters(filters)
    ]
    return Query.boolean_query(conditions) if len(conditions) > 1 else conditions[0][1]


def _filters(filters: Filters) -> list[Query]:
    queries = []
    if filters.person_id is not None:
        queries.append(Query.term_query(SCHEMA, "person", filters.person_id))
    if filters.podcast_id is not None:
        queries.append(Query.term_query(SCHEMA, "podcast", filters.podcast_id))
    if filters.episode_id is not None:
        queries.append(Query.term_query(SCHEMA, "episode", filters.episode_id))
    if filters.language is not None:
        queries.append(Query.term_query(SCHEMA, "language", filters.language))
    if filters.since is not None or filters.until is not None:
        lower = recency(filters.since, 0, 0xFFFF) if filters.since else None
        upper = recency(filters.until, 0xFFFFFF, 0) if filters.until else None
        queries.append(recency_range(lower, upper))
    return queries


def recency_range(lower: int | None, upper: int | None) -> Query:
    """Match segments between two recency keys, inclusive."""
    kind = tantivy.FieldType.Integer
    return Query.range_query(SCHEMA, "recency", kind, lower_bound=lower, upper_bound=upper)


def _node(node: Node, scope: IndexScope) -> Query:
    if isinstance(node, Word):
        return _word(node, scope)
    if isinstance(node, Phrase):
        return _phrase(node.text, node.position)
    if isinstance(node, Prefix):
        return _prefix(node, scope)
    if isinstance(node, Or):
        return Query.boolean_query([(Occur.Should, _node(part, scope)) for part in node.parts])
    parts = node.parts if isinstance(node, And) else (node,)
    conditions = [
        (Occur.MustNot, _node(part.part, scope))
        if isinstance(part, Not)
        else (Occur.Must, _node(part, scope))
        for part in parts
    ]
    if all(isinstance(part, Not) for part in parts):  # -(-word): a negation needs a set to exclude
        conditions.append((Occur.Must, Query.all_query()))
    return Query.boolean_query(conditions)


def _word(node: Word, scope: IndexScope) -> Query:
    """Match the word in every language of the index, each by its own stemmer."""
    if len(words(node.text)) > 1:  # don't, A/B: two adjacent words
        return _phrase(node.text, node.position)
    queries = []
    for stemmer in scope.stemmers:
        queries += [
            Query.term_query(SCHEMA, stems_field(stemmer), stem, index_option="freq")
            for stem in words(node.text, stemmer)
        ]
    if not queries:
        return _phrase(node.text, node.position)
    if len(queries) == 1:
        return queries[0]
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _phrase(text: str, position: int) -> Query:
    terms = words(text)
    if not terms:
        raise SearchRefused("there is no word to search for here", position)
    if len(terms) == 1:
        return Query.term_query(SCHEMA, "word", terms[0])
    return Query.phrase_query(SCHEMA, "word", list(terms))


def _prefix(node: Prefix, scope: IndexScope) -> Query:
    *before, last = words(node.text) or [""]
    if not last:
        raise SearchRefused("there is no word to search for here", node.position)
    matching = scope.searcher.terms_with_prefix("word", last, limit=MAX_PREFIX_WORDS + 1)
    if len(matching) > MAX_PREFIX_WORDS:
        raise SearchRefused("too many words start like this: add letters", node.position)
    query = Query.term_set_query(SCHEMA, "word", [term for term, _ in matching])
    if not before:
        return query
    return Query.boolean_query(
        [(Occur.Must, _phrase(" ".join(before), node.position)), (Occur.Must, query)]
    )


def _cost(node: Node, scope: IndexScope) -> int:
    """Estimate how many postings the query reads."""
    if isinstance(node, Not):
        return _cost(node.part, scope)
    if isinstance(node, And | Or):
        return sum(_cost(part, scope) for part in node.parts)
    if isinstance(node, Prefix):
        prefix = (words(node.text) or ["?"])[-1]
        return sum(count for _, count in scope.searcher.terms_with_prefix("word", prefix))
    terms = words(node.text)
    weight = _PHRASE_COST if len(terms) > 1 else 1
    return weight * sum(scope.searcher.doc_freq("word", term) for term in terms)
