"""Marks in a text what a search found there. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from tasks.search.analysis import analyzer, family_of, joined, parted, words
from tasks.search.query_parser import Both, Either, Node, Phrase, Prefix, Word

# Characters of a long text that are looked at, and that are shown around the first mark.
_LOOKED_AT, _SHOWN = 20_000, 400


@dataclass(frozen=True, slots=True)
class HighlightedPiece:
    """A part of a text, and whether it is what was looked for."""

    text: str
    highlighted: bool


@dataclass(frozen=True, slots=True)
class HighlightTerms:
    """What a search looks for, apart from what must not be there."""

    words: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]
    prefixes: tuple[str, ...]


def highlight_terms(node: Node) -> HighlightTerms:
    """What is to be marked of a search."""
    found = list(_leaves(node))
    said = [(one, tuple(words(one.text))) for one in found]
    plain = tuple(one.text for one, parts in said if isinstance(one, Word) and len(parts) == 1)
    phrases = [parts for one, parts in said if isinstance(one, Phrase)]
    phrases += [parts for one, parts in said if isinstance(one, Word) and len(parts) > 1]
    phrases += [parts[:-1] for one, parts in said if isinstance(one, Prefix)]
    prefixes = tuple(parts[-1] for one, parts in said if isinstance(one, Prefix) and parts)
    return HighlightTerms(plain, tuple(one for one in phrases if one), prefixes)


def _leaves(node: Node) -> Iterator[Word | Phrase | Prefix]:
    if isinstance(node, Word | Phrase | Prefix):
        yield node
    elif isinstance(node, Both | Either):
        for part in node.parts:
            yield from _leaves(part)


def highlighted(text: str, language: str, sought: HighlightTerms) -> list[HighlightedPiece]:
    """The text, or its part around the first mark, in pieces."""
    said = parted(text[:_LOOKED_AT])
    spans = _spans(said, family_of(language), sought)
    begin, end = _window(said, spans)
    pieces, at = [HighlightedPiece("…", highlighted=False)] if begin else [], begin
    for start, stop in spans:
        if start >= end:
            break
        if stop <= at:
            continue
        pieces += [
            HighlightedPiece(said[at:start], highlighted=False),
            HighlightedPiece(said[start:stop], highlighted=True),
        ]
        at = stop
    pieces.append(HighlightedPiece(said[at:end] if at < end else "", highlighted=False))
    if end < len(said) or len(text) > _LOOKED_AT:
        pieces.append(HighlightedPiece("…", highlighted=False))
    cleaned = [HighlightedPiece(joined(piece.text), piece.highlighted) for piece in pieces]
    return [piece for piece in cleaned if piece.text]


def _spans(said: str, family: str, sought: HighlightTerms) -> list[tuple[int, int]]:
    """Where marks begin and end, in order, each place once."""
    tokens = analyzer(None).pre_tokenize(said).tokens
    places = [(token.char_offset_from, token.char_offset_to) for token in tokens]
    exact = [token.text for token in tokens]
    hit = [any(word.startswith(prefix) for prefix in sought.prefixes) for word in exact]
    wanted_stems = {stem for word in sought.words for stem in words(word, family)}
    if wanted_stems:
        stems = [token.text for token in analyzer(family).pre_tokenize(said).tokens]
        hit = [h or stem in wanted_stems for h, stem in zip(hit, stems, strict=True)]
    for phrase in sought.phrases:
        length = len(phrase)
        for first in range(len(exact) - length + 1):
            if exact[first] == phrase[0] and tuple(exact[first : first + length]) == phrase:
                hit[first : first + length] = [True] * length
    return [place for place, is_hit in zip(places, hit, strict=True) if is_hit]


def _window(said: str, spans: list[tuple[int, int]]) -> tuple[int, int]:
    """The part that is shown of a long text: around the first mark, cut between words."""
    if len(said) <= _SHOWN or not spans:
        return 0, min(len(said), _SHOWN)
    begin = max(0, spans[0][0] - _SHOWN // 3)
    if begin:
        begin = said.find(" ", begin, spans[0][0]) + 1 or begin
    end = min(len(said), begin + _SHOWN)
    if end < len(said):
        cut = said.rfind(" ", spans[0][1], end)
        end = cut if cut > 0 else end
    return begin, max(end, min(spans[0][1], begin + 2 * _SHOWN))
