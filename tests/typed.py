"""What the pages tell their readers to type: lines of shell, and commands within the text."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from workers.cli.lazy_group import lazy_commands

# Inline code that begins with one of these is a command, and not a name or a message.
PROGRAMS = (
    "overheard",
    "make",
    "docker",
    "celery",
    "cp",
    "dmesg",
    "systemctl",
    "psql",
    "pg_dump",
    "pg_restore",
    "valkey-cli",
    "redis-cli",
    "LPUSH",
    "curl",
    "kill",
)
_OURS = re.compile(r"(?:^|[/|] ?|^docker compose run .*\bcli )overheard( \S.*|$)")
# A value that is to be typed literally, and no placeholder such as URL, ID or "a typo".
_TABLE_OF_OPTION = re.compile(r"^\| `(--[a-z-]+)` \|.*\n\|[-|]*\n((?:\|.*\n)+)", re.MULTILINE)
_FIRST_CELL = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)
_LITERAL = re.compile(r"[a-z0-9_,]+")


@dataclass(frozen=True)
class Use:
    """A command of ours with its options, each alone and with its value if that is literal."""

    command: str
    options: frozenset[str] = frozenset()

    def is_part_of(self, other: "Use") -> bool:
        """Whether typing the other has typed this, too."""
        return self.command == other.command and self.options <= other.options


@cache
def commands() -> dict[str, Any]:
    """Every command under its full name, such as `jobs retry`."""
    return {name: command.load() for name, command in lazy_commands()}


def without_blocks(text: str) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def typed_lines(text: str) -> list[str]:
    """Every line of shell on a page, continued ones in one piece, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    joined = (re.sub(r"\s+", " ", line.partition("  #")[0]).strip() for line in lines)
    return [line for line in joined if line]


def typed_spans(text: str) -> list[str]:
    """Every command within the text of a page."""
    spans = re.findall(r"`([^`\n]+)`", without_blocks(text))
    return [span for span in spans if span.split()[0] in PROGRAMS]


def typed_options(text: str) -> set[str]:
    """Every option within the text, with its value if that is literal, and those of tables.

    A table of an option has it as the heading of its first column, and a value in each row.
    """
    spans = (span.split() for span in re.findall(r"`(--[^`\n]+)`", without_blocks(text)))
    found = {" ".join([words[0], *filter(_LITERAL.fullmatch, words[1:2])]) for words in spans}
    for option, rows in _TABLE_OF_OPTION.findall(text):
        found |= {f"{option} {value}" for value in _FIRST_CELL.findall(rows)}
    return found


def uses(line: str) -> Iterator[Use]:
    """The command of ours in a line or a span, if there is one."""
    if found := _OURS.search(line):
        yield use_of(shlex.split(found[1]))


def use_of(words: list[str]) -> Use:
    """What the words after `overheard` are.

    Raises:
        AssertionError: there is no such command, or no such option of it.
    """
    if words[0].startswith("--"):  # an option of `overheard` itself
        return Use("", frozenset(words))
    name = " ".join(words[:2]) if " ".join(words[:2]) in commands() else words[0]
    assert name in commands(), f"there is no command {words}"
    return Use(name, frozenset(_options(name, words[len(name.split()) :])))


def _options(name: str, words: list[str]) -> Iterator[str]:
    known = {"--help": True} | {
        option: getattr(param, "is_flag", False)
        for param in commands()[name].params
        for option in (*param.opts, *param.secondary_opts)
    }
    for word, following in pairwise([*words, ""]):
        if word.startswith("--"):
            assert word in known, f"overheard {name} has no option {word}"
            yield word
            if not known[word] and _LITERAL.fullmatch(following):
                yield f"{word} {following}"


def uses_of_rows(text: str) -> Iterator[Use]:
    """What the rows of the table of commands say of their command: each option that they name."""
    for name, says in re.findall(r"^\| `overheard ([a-z -]+)` \| (.*) \|$", text, re.MULTILINE):
        for span in re.findall(r"`(--[^`]+)`", says):
            yield use_of([*name.split(), *shlex.split(span)])
