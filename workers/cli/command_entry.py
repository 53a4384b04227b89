"""What the table of commands has for each command and noun."""

from typing import NamedTuple


class Entry(NamedTuple):
    """A command: ``module:function`` in this package, and its line of help.

    ``bare`` commands run without logs and correlation id: health checks, which containers start
    every few seconds, and what stays and sets up its own.
    """

    target: str
    help: str
    bare: bool = False


class Noun(NamedTuple):
    """A noun and its verbs."""

    help: str
    verbs: dict[str, Entry]
