r"""Finds regular expressions that may take more than linear time, by their syntax trees.

Three shapes are risky, where a repetition is one without a limit:

- *nested*: one within another, where the same text can be split between both: ``(a+)*``;
- *overlapping*: one behind another that takes the same characters, with nothing between them that
  tells where the second begins: ``\s*,?\s*``. A failure behind them is tried at each split;
- *leading*: one at the start of an expression that is searched. It is tried at each character.

A possessive repetition (``a*+``) gives nothing back, so it is neither nested nor overlapping.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import _constants as codes
from re import _parser as parser
from types import ModuleType
from typing import Any

PACKAGES = ("models", "tasks", "web", "workers")
# A repetition up to so many times is bounded.
_BOUND = 200
# What expressions tell apart: two sets overlap when both have one of these characters.
_SAMPLE = (
    "aeszAEZ019_ \t\n\r-\u2013\u2014.,:;!?'\u2019\"()[]{}<>/\\*#@"
    "&=+|`~^$%\xb7\xe9\xc9\u0436\u3042\u6f22\xa0\u200b\uff1a\u0301"
)
_GREEDY = (codes.MAX_REPEAT, codes.MIN_REPEAT)
_SEARCHES = r"\.(?:search|finditer|sub|subn|split|findall)\("

Element = tuple[Any, Any]


@dataclass(frozen=True, slots=True)
class Risk:
    """An expression that may take more than linear time, and why."""

    module: str
    name: str
    why: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}: {self.why}"


def risks() -> Iterator[Risk]:
    """Yield the risks of all expressions that production modules have compiled."""
    for package in PACKAGES:
        for module in _modules(importlib.import_module(package)):
            source = _source(module)
            for name, pattern in _patterns(module):
                searched = re.search(rf"\b{name}{_SEARCHES}", source) is not None
                for why in sorted(risks_of(pattern, searched=searched)):
                    yield Risk(module.__name__, name, why)
            for name, pattern, searched in _inline(source):
                for why in sorted(risks_of(pattern, searched=searched)):
                    yield Risk(module.__name__, name, why)


def risks_of(pattern: re.Pattern[Any], *, searched: bool) -> set[str]:
    """The risky shapes of an expression; ``searched``: it is not only matched at one place."""
    flags = pattern.flags & ~re.DEBUG
    tree = list(parser.parse(pattern.pattern, flags))
    found = set(_risks(tree, flags))
    if searched and _leads(tree):
        found.add("leading")
    return found


def _risks(elements: Sequence[Element], flags: int) -> Iterator[str]:
    for index, (op, value) in enumerate(elements):
        if _is_unbounded((op, value)) and op in _GREEDY:
            if _can_be_split(list(value[2]), flags):
                yield "nested"
            if _is_overlapped((op, value), elements[index + 1 :], flags):
                yield "overlapping"
        for inner in _inside(op, value):
            yield from _risks(inner, flags)


def _is_unbounded(element: Element) -> bool:
    op, value = element
    return (op in _GREEDY or op is codes.POSSESSIVE_REPEAT) and value[1] > _BOUND


def _can_be_split(body: Sequence[Element], flags: int) -> bool:
    """Whether what a body repeats could as well be repeated by what is in it."""
    for alternative in _alternatives(body):
        for index, element in enumerate(alternative):
            if not _is_unbounded(element) or element[0] not in _GREEDY:
                continue
            taken = _characters([element], flags)
            others = [*alternative[:index], *alternative[index + 1 :]]
            if all(_is_nullable([one]) or _characters([one], flags) & taken for one in others):
                return True
    return False


def _alternatives(body: Sequence[Element]) -> list[Sequence[Element]]:
    if len(body) == 1 and body[0][0] is codes.BRANCH:
        return [list(one) for one in body[0][1][1]]
    if len(body) == 1 and body[0][0] is codes.SUBPATTERN:
        return _alternatives(list(body[0][1][3]))
    return [body]


def _is_overlapped(element: Element, behind: Sequence[Element], flags: int) -> bool:
    taken = _characters([element], flags)
    for index, other in enumerate(behind):
        if _begins_unbounded(other, taken, flags) and _can_fail(behind[index + 1 :]):
            return True
        if not _is_within([other], taken, flags):
            return False
    return False


def _is_within(elements: Sequence[Element], taken: set[str], flags: int) -> bool:
    """Whether these elements can match a text of such characters only, or none."""
    for op, value in elements:
        inner = list(_inside(op, value))
        if op in (codes.ASSERT, codes.ASSERT_NOT, codes.AT) or _is_nullable([(op, value)]):
            continue
        if inner and not any(_is_within(one, taken, flags) for one in inner):
            return False
        if not inner and not _characters([(op, value)], flags) & taken:
            return False
    return True


def _begins_unbounded(element: Element, taken: set[str], flags: int) -> bool:
    """Whether an unbounded repetition of the same characters can begin with this element."""
    op, value = element
    if _is_unbounded(element) and not list(_inside(*value[2][0])):
        return bool(_characters(value[2][:1], flags) & taken)
    for inner in _inside(op, value):
        for one in inner:
            if _begins_unbounded(one, taken, flags):
                return True
            if not _is_within([one], taken, flags):
                break
    return False


def _can_fail(behind: Sequence[Element]) -> bool:
    """Whether what follows may not match, so that the repetitions are tried otherwise."""
    return any(op is codes.AT or not _is_nullable([(op, value)]) for op, value in behind)


def _leads(elements: Sequence[Element]) -> bool:
    for index, (op, value) in enumerate(elements):
        if op in (codes.ASSERT, codes.ASSERT_NOT) and value[0] < 0:
            return False  # it begins where something is, or is not, before it
        if op is codes.AT:
            return False
        behind = elements[index + 1 :]
        if _is_unbounded((op, value)) and _can_fail(behind):
            return True
        leads = any(_leads([*inner, *behind]) for inner in _inside(op, value))
        if leads or op in (codes.BRANCH, codes.SUBPATTERN):
            return leads
        if not _is_nullable([(op, value)]):
            return False
    return False


def _inside(op: Any, value: Any) -> Iterator[list[Element]]:
    if op is codes.BRANCH:
        yield from (list(one) for one in value[1])
    elif op is codes.SUBPATTERN:
        yield list(value[3])
    elif op in _GREEDY or op is codes.POSSESSIVE_REPEAT:
        yield list(value[2])
    elif op is codes.ATOMIC_GROUP:
        yield list(value)
    elif op in (codes.ASSERT, codes.ASSERT_NOT):
        yield list(value[1])


def _is_nullable(elements: Sequence[Element]) -> bool:
    for op, value in elements:
        if op in (codes.ASSERT, codes.ASSERT_NOT, codes.AT):
            continue
        if op in _GREEDY or op is codes.POSSESSIVE_REPEAT:
            if value[0] > 0 and not _is_nullable(list(value[2])):
                return False
        elif op is codes.BRANCH:
            if not any(_is_nullable(list(one)) for one in value[1]):
                return False
        elif op is codes.SUBPATTERN:
            if not _is_nullable(list(value[3])):
                return False
        else:
            return False
    return True


def _characters(elements: Sequence[Element], flags: int) -> set[str]:
    """The characters of the sample that these elements may take anywhere."""
    found: set[str] = set()
    for op, value in elements:
        if op in (codes.ASSERT, codes.ASSERT_NOT, codes.AT):
            continue
        inner = list(_inside(op, value))
        if inner:
            for one in inner:
                found |= _characters(one, flags)
        else:
            found |= {each for each in _SAMPLE if _takes(op, value, each, flags)}
    return found


def _takes(op: Any, value: Any, character: str, flags: int) -> bool:
    if op is codes.ANY:
        return character != "\n" or bool(flags & re.DOTALL)
    if op is codes.LITERAL:
        return _same(value, ord(character), flags)
    if op is codes.NOT_LITERAL:
        return not _same(value, ord(character), flags)
    if op is codes.IN:
        return _in(value, character, flags)
    return True  # a reference to a group may be anything


def _same(code: int, other: int, flags: int) -> bool:
    if flags & re.IGNORECASE:
        return chr(code).lower() == chr(other).lower()
    return code == other


def _in(items: Sequence[Element], character: str, flags: int) -> bool:
    negated = items[0][0] is codes.NEGATE
    return negated != any(_is_item(op, value, character, flags) for op, value in items)


def _is_item(op: Any, value: Any, character: str, flags: int) -> bool:
    if op is codes.LITERAL:
        return _same(value, ord(character), flags)
    if op is codes.RANGE:
        both = (
            {character, character.lower(), character.upper()}
            if flags & re.IGNORECASE
            else {character}
        )
        return any(value[0] <= ord(one) <= value[1] for one in both if len(one) == 1)
    if op is codes.CATEGORY:
        return _CATEGORIES[value](character)
    return False


_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    codes.CATEGORY_DIGIT: str.isdigit,
    codes.CATEGORY_NOT_DIGIT: lambda one: not one.isdigit(),
    codes.CATEGORY_SPACE: str.isspace,
    codes.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    codes.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    codes.CATEGORY_NOT_WORD: lambda one: not (one.isalnum() or one == "_"),
}


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if "migrations" not in found.name and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def _source(module: ModuleType) -> str:
    return Path(module.__file__).read_text() if module.__file__ else ""


def _patterns(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    """The expressions that the module itself assigns to names, also in tuples."""
    assigned = {
        target.id
        for node in ast.parse(_source(module)).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for name in sorted(assigned):
        value = getattr(module, name, None)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, re.Pattern):
                yield name, one


def _inline(source: str) -> Iterator[tuple[str, re.Pattern[Any], bool]]:
    """The expressions in calls such as ``re.split(r"…", text)``, and whether they are searched."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
        constant = node.args[0] if of_re and node.args else None
        if isinstance(constant, ast.Constant) and node.func.attr != "compile":
            searched = node.func.attr not in ("match", "fullmatch")
            yield f"line {node.lineno}", re.compile(constant.value), searched
