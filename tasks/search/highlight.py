"""Highlight the matches of a search in a text. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tasks.search.analysis import analyzer, mark_word_breaks, remove_word_breaks, stemmer_of, words
from tasks.search.query_parser import And, Node, Or, Phrase, Prefix, Word

# Characters of a long text that are scanned, and that are shown around the first match.
_SCANNED, _SHOWN = 20_000, 400


@dataclass(frozen=True, slots=True)
class HighlightedPiece:
    """A part of a text, and whether it matches the search."""

    text: str
    highlighted: bool = False


@dataclass(frozen=True, slots=True)
class HighlightTerms:
    """The terms of a search to highlight, without negated ones."""

    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    prefixes: tuple[str, ...]


def highlight_terms(node: Node) -> HighlightTerms:
    """Return the terms of a parsed search to highlight."""
    leaves = list(_leaves(node))
    parsed = [(leaf, tuple(words(leaf.text))) for leaf in leaves]
    plain = tuple(leaf.text for leaf, parts in parsed if isinstance(leaf, Word) and len(parts) == 1)
    phrases = [parts for leaf, parts in parsed if isinstance(leaf, Phrase)]
    phrases += [parts for leaf, parts in parsed if isinstance(leaf, Word) and len(parts) > 1]
    phrases += [parts[:-1] for leaf, parts in parsed if isinstance(leaf, Prefix)]
    prefixes = tuple(parts[-1] for leaf, parts in parsed if isinstance(leaf, Prefix) and parts)
    return HighlightTerms(plain, tuple(phrase for phrase in phrases if phrase), prefixes)


def _leaves(node: Node) -> Iterator[Word | Phrase | Prefix]:
    if isinstance(node, Word | Phrase | Prefix):
        yield node
    elif isinstance(node, And | Or):
        for part in node.parts:
            yield from _leaves(part)


def highlighted(
    text: str, language: str, terms: HighlightTerms, *, whole: bool = False
) -> list[HighlightedPiece]:
    """Return the text, or the part around its first match, in pieces."""
    scanned = mark_word_breaks(text[:_SCANNED])
    spans = _spans(scanned, stemmer_of(language), terms)
    begin, end = (0, len(scanned)) if whole else _window(scanned, spans)
    pieces = [HighlightedPiece("…")] if begin else []
    pieces += _pieces(scanned, begin, end, spans)
    if end < len(scanned) or len(text) > _SCANNED:
        pieces.append(HighlightedPiece("…"))
    cleaned = (replace(piece, text=remove_word_breaks(piece.text)) for piece in pieces)
    return [piece for piece in cleaned if piece.text]


def _pieces(
    text: str, begin: int, end: int, spans: list[tuple[int, int]]
) -> Iterator[HighlightedPiece]:
    position = begin
    for start, stop in spans:
        if start >= end:
            break
        if stop > position:
            yield HighlightedPiece(text[position:start])
            yield HighlightedPiece(text[start:stop], highlighted=True)
            position = stop
    yield HighlightedPiece(text[position:end] if position < end else "")


def _spans(text: str, stemmer: str, terms: HighlightTerms) -> list[tuple[int, int]]:
    """Return start and end of each match, in order."""
    tokens = analyzer(None).pre_tokenize(text).tokens
    spans = [(token.char_offset_from, token.char_offset_to) for token in tokens]
    exact = [token.text for token in tokens]
    hit = [any(word.startswith(prefix) for prefix in terms.prefixes) for word in exact]
    wanted_stems = {stem for word in terms.words for stem in words(word, stemmer)}
    if wanted_stems:
        stems = [token.text for token in analyzer(stemmer).pre_tokenize(text).tokens]
        hit = [h or stem in wanted_stems for h, stem in zip(hit, stems, strict=True)]
    for phrase in terms.phrases:
        length = len(phrase)
        for first in range(len(exact) - length + 1):
            if exact[first] == phrase[0] and tuple(exact[first : first + length]) == phrase:
                hit[first : first + length] = [True] * length
    return [span for span, is_hit in zip(spans, hit, strict=True) if is_hit]


def _window(text: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """Return start and end of the part to show: around the first match, cut between words."""
    if len(text) <= _SHOWN or not spans:
        return 0, min(len(text), _SHOWN)
    begin = max(0, spans[0][0] - _SHOWN // 3)
    if begin:
        begin = text.find(" ", begin, spans[0][0]) + 1 or begin
    end = min(len(text), begin + _SHOWN)
    if end < len(text):
        cut = text.rfind(" ", spans[0][1], end)
        end = cut if cut > 0 else end
    return begin, max(end, min(spans[0][1], begin + 2 * _SHOWN))
