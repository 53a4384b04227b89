"""Parse the search language: words, "phrases", prefix*, AND, OR, NOT, -word, groups. Pure."""

import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from tasks.search.values import SearchRefused

MAX_LENGTH, MAX_WORDS, MAX_DEPTH = 500, 32, 10
_MIN_PREFIX = 2

_TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<open>\()|(?P<close>\))|(?P<phrase>["“”„«»](?P<quoted>[^"“”„«»]*)(?P<end>["“”„«»])?)
    |(?P<minus>-(?=[^\s-]))|(?P<word>[^\s()"“”„«»]+)""",
    re.VERBOSE,
)
_OPERATORS = frozenset({"AND", "OR", "NOT"})
_ONLY_NEGATION = "a search needs something to find, not only something to exclude"


@dataclass(frozen=True, slots=True)
class Word:
    """A word in any inflected form."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Phrase:
    """Adjacent words, exactly as written."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """Every word with this prefix."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not match."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class And:
    """All parts match."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part matches."""

    parts: tuple["Node", ...]


Node: TypeAlias = Word | Phrase | Prefix | Not | And | Or


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse(text: str) -> Node:
    """Parse a search to its syntax tree. Adjacent words are joined by AND, which precedes OR.

    Raises:
        SearchRefused: a syntax error, with its position in characters, from 1.
    """
    if len(text) > MAX_LENGTH:
        raise SearchRefused(f"a search may have at most {MAX_LENGTH} characters", MAX_LENGTH + 1)
    tokens = _tokens(text)
    if not tokens:
        raise SearchRefused("the search contains no words")
    words = [token for token in tokens if token.kind in {"word", "phrase"}]
    if sum(len(token.text.split()) for token in words) > MAX_WORDS:
        raise SearchRefused(f"a search may have at most {MAX_WORDS} words")
    parser = _Parser(tokens)
    node = parser.disjunction(0)
    parser.expect_end()
    _refuse_pure_negation(node, tokens[0].position)
    return node


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(text):
        kind, position = str(match.lastgroup), match.start() + 1
        if match["phrase"] is not None:
            if match["end"] is None:
                raise SearchRefused("this quotation mark is not closed", position)
            tokens.append(_Token("phrase", match["quoted"], position))
        elif kind == "word" and match["word"] in _OPERATORS:
            tokens.append(_Token(match["word"], match["word"], position))
        elif kind != "space" and (kind != "word" or any(map(str.isalnum, match["word"]))):
            tokens.append(_Token(kind, match[kind], position))
    return tokens


class _Parser:
    """Recursive descent parser of bounded depth, so that no search can exhaust the stack."""

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
            raise SearchRefused(
                "this closing bracket has no opening bracket", self._take().position
            )

    def disjunction(self, depth: int) -> Node:
        parts = [self.conjunction(depth)]
        while self._kind() == "OR":
            operator = self._take()
            parts.append(self.conjunction(depth, after=operator))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self, depth: int, after: _Token | None = None) -> Node:
        parts = [self.unary(depth, after)]
        while self._kind() not in {"OR", "close", "end"}:
            operator = self._take() if self._kind() == "AND" else None
            parts.append(self.unary(depth, operator))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def unary(self, depth: int, after: _Token | None) -> Node:
        if depth > MAX_DEPTH:
            raise SearchRefused(
                f"groups may be nested at most {MAX_DEPTH} deep", self._position(after)
            )
        kind = self._kind()
        if kind in {"NOT", "minus"}:
            operator = self._take()
            return Not(self.unary(depth + 1, operator))
        if kind == "open":
            return self._group(depth)
        if kind in {"word", "phrase"}:
            return _leaf(self._take())
        if kind in {"AND", "OR"}:
            operator = self._take()
            raise SearchRefused(f"{operator.text} needs something before it", operator.position)
        message = "something is missing after this" if after else "this bracket is empty"
        raise SearchRefused(message, self._position(after))

    def _group(self, depth: int) -> Node:
        opening = self._take()
        if self._kind() == "close":
            raise SearchRefused("this bracket is empty", opening.position)
        if self._kind() == "end":
            raise SearchRefused("this bracket is not closed", opening.position)
        node = self.disjunction(depth + 1)
        if self._kind() != "close":
            raise SearchRefused("this bracket is not closed", opening.position)
        self._take()
        return node

    def _position(self, after: _Token | None) -> int:
        return (
            after.position
            if after
            else self._tokens[min(self._next, len(self._tokens) - 1)].position
        )


def _leaf(token: _Token) -> Node:
    if token.kind == "phrase":
        return Phrase(token.text, token.position)
    head, star, tail = token.text.partition("*")
    if not star:
        return Word(token.text, token.position)
    if tail.strip("*"):
        raise SearchRefused(
            "an asterisk may only come at the end of a word", token.position + len(head)
        )
    if sum(map(str.isalnum, head)) < _MIN_PREFIX:
        raise SearchRefused(f"an asterisk needs {_MIN_PREFIX} letters before it", token.position)
    return Prefix(head, token.position)


def _refuse_pure_negation(node: Node, position: int) -> None:
    """Refuse a search, or a side of an OR, that only excludes: it would match nearly all."""
    if isinstance(node, Not):
        raise SearchRefused(_ONLY_NEGATION, position)
    if isinstance(node, Or):
        for part in node.parts:
            _refuse_pure_negation(part, position)
    elif isinstance(node, And):
        positive = [part for part in node.parts if not isinstance(part, Not)]
        if not positive:
            raise SearchRefused(_ONLY_NEGATION, position)
        for part in positive:
            _refuse_pure_negation(part, position)
