"""The language of searches: words, "phrases", prefix*, AND, OR, NOT, -word and groups. Pure."""

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tasks.search.values import SearchRefused

MAX_LENGTH, MAX_WORDS, MAX_DEPTH = 500, 32, 10
_MIN_PREFIX = 2

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<phrase>["“”„«»](?P<said>[^"“”„«»]*)(?P<end>["“”„«»])?)
    |(?P<minus>-(?=[^\s-]))|(?P<word>[^\s()"“”„«»]+)""",
    re.VERBOSE,
)
_OPERATORS = frozenset({"AND", "OR", "NOT"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word in any form of its language."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words exactly as they are written, one after the other."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word that begins like this."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Both:
    """All of the parts."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of the parts."""

    parts: tuple["Node", ...]


Node: TypeAlias = Word | Phrase | Prefix | Not | Both | Either


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def parse(text: str) -> Node:
    """What a search asks for. Words beside each other must all be there; AND binds before OR.

    Raises:
        SearchRefused: with the place, counted in characters from 1.
    """
    if len(text) > MAX_LENGTH:
        raise SearchRefused(f"a search has at most {MAX_LENGTH} characters", MAX_LENGTH + 1)
    tokens = _tokens(text)
    if not tokens:
        raise SearchRefused("there is no word to look for")
    words = [token for token in tokens if token.kind in {"word", "phrase"}]
    if sum(len(token.text.split()) for token in words) > MAX_WORDS:
        raise SearchRefused(f"a search has at most {MAX_WORDS} words")
    parser = _Parser(tokens)
    node = parser.either(0)
    parser.expect_end()
    _refuse_mere_negation(node, tokens[0].at)
    return node


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for found in _TOKEN.finditer(text):
        kind, at = str(found.lastgroup), found.start() + 1
        if found["phrase"] is not None:
            if found["end"] is None:
                raise SearchRefused("a quotation mark is never closed", at)
            tokens.append(_Token("phrase", found["said"], at))
        elif kind == "word" and found["word"] in _OPERATORS:
            tokens.append(_Token(found["word"], found["word"], at))
        elif kind != "space" and (kind != "word" or any(map(str.isalnum, found["word"]))):
            tokens.append(_Token(kind, found[kind], at))
    return tokens


class _Parser:
    """Recursive descent; the depth is bounded, so that no search can exhaust the stack."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._next = 0

    def _kind(self) -> str:
        return self._tokens[self._next].kind if self._next < len(self._tokens) else "end"

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def expect_end(self) -> None:
        if self._kind() != "end":
            raise SearchRefused("this bracket closes nothing", self._take().at)

    def either(self, depth: int) -> Node:
        parts = [self.both(depth)]
        while self._kind() == "OR":
            operator = self._take()
            parts.append(self.both(depth, after=operator))
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def both(self, depth: int, after: _Token | None = None) -> Node:
        parts = [self.one(depth, after)]
        while self._kind() not in {"OR", "close", "end"}:
            operator = self._take() if self._kind() == "AND" else None
            parts.append(self.one(depth, operator))
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def one(self, depth: int, after: _Token | None) -> Node:
        if depth > MAX_DEPTH:
            raise SearchRefused(f"groups nest at most {MAX_DEPTH} deep", self._at(after))
        kind = self._kind()
        if kind in {"NOT", "minus"}:
            operator = self._take()
            return Not(self.one(depth + 1, operator))
        if kind == "open":
            return self._group(depth)
        if kind in {"word", "phrase"}:
            return _leaf(self._take())
        if kind in {"AND", "OR"}:
            operator = self._take()
            raise SearchRefused(f"{operator.text} needs something before it", operator.at)
        said = "something is missing after this" if after else "there is nothing in this bracket"
        raise SearchRefused(said, self._at(after))

    def _group(self, depth: int) -> Node:
        opening = self._take()
        if self._kind() == "close":
            raise SearchRefused("there is nothing in this bracket", opening.at)
        if self._kind() == "end":
            raise SearchRefused("this bracket is never closed", opening.at)
        node = self.either(depth + 1)
        if self._kind() != "close":
            raise SearchRefused("this bracket is never closed", opening.at)
        self._take()
        return node

    def _at(self, after: _Token | None) -> int:
        return after.at if after else self._tokens[min(self._next, len(self._tokens) - 1)].at


def _leaf(token: _Token) -> Node:
    if token.kind == "phrase":
        return Phrase(token.text, token.at)
    head, star, tail = token.text.partition("*")
    if not star:
        return Word(token.text, token.at)
    if tail.strip("*"):
        raise SearchRefused("a star may only end a word", token.at + len(head))
    if sum(map(str.isalnum, head)) < _MIN_PREFIX:
        raise SearchRefused(f"a star needs {_MIN_PREFIX} letters before it", token.at)
    return Prefix(head, token.at)


def _refuse_mere_negation(node: Node, at: int) -> None:
    """What is not there is everywhere: each side of an OR must name something that is."""
    if isinstance(node, Not):
        raise SearchRefused("say something that is to be found, not only what is not", at)
    if isinstance(node, Either):
        for part in node.parts:
            _refuse_mere_negation(part, at)
    elif isinstance(node, Both):
        highlight_terms = [part for part in node.parts if not isinstance(part, Not)]
        if not highlight_terms:
            raise SearchRefused("say something that is to be found, not only what is not", at)
        for part in highlight_terms:
            _refuse_mere_negation(part, at)
