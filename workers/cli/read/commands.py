"""Commands that show what we make of an input: read transcript, read feed, read opml, read name."""

import sys
from typing import Annotated

import typer

from workers.cli.options import Json
from workers.cli.output import print_json
from workers.cli.read.inputs import STANDARD_INPUT, Kind, read_inputs
from workers.cli.read.records import (
    Declared,
    Reader,
    feed_record,
    name_record,
    opml_record,
    record_of,
    transcript_record,
)
from workers.cli.read.tables import (
    Print,
    print_feed,
    print_names,
    print_opml,
    print_records,
    print_transcript,
)

Inputs = Annotated[
    list[str], typer.Argument(metavar="INPUT…", help="Files, http(s) URLs, or - for stdin.")
]
Labels = Annotated[
    list[str],
    typer.Argument(metavar="LABEL…", help="Labels, or - to read one per line from stdin."),
]
DeclaredType = Annotated[
    str, typer.Option("--type", help="The declared media type, with its charset if any.")
]

Language = Annotated[
    str, typer.Option("--language", help="The podcast's language, for legacy charsets.")
]


def transcript(
    inputs: Inputs,
    declared_type: DeclaredType = "",
    language: Language = "",
    as_json: Json = False,
) -> None:
    """Show the segments and labels that we read from transcripts, and why; stores nothing."""
    declared = Declared(declared_type, language)
    _show("transcript", inputs, declared, transcript_record, print_transcript, as_json=as_json)


def feed(inputs: Inputs, declared_type: DeclaredType = "", as_json: Json = False) -> None:
    """Show the podcast and the episodes that we read from feeds; stores nothing."""
    _show("feed", inputs, Declared(declared_type), feed_record, print_feed, as_json=as_json)


def opml(inputs: Inputs, declared_type: DeclaredType = "", as_json: Json = False) -> None:
    """Show the feeds of OPML files or lists of URLs, with problems; stores nothing."""
    _show("opml", inputs, Declared(declared_type), opml_record, print_opml, as_json=as_json)


def name(labels: Labels, as_json: Json = False) -> None:
    """Show the person that each label names by itself, and why; stores nothing."""
    given = [label for each in labels for label in _lines(each)]
    records = [name_record(label) for label in given]
    if as_json:
        print_json(records)
    else:
        print_names(records)


def _show(
    kind: Kind,
    inputs: list[str],
    declared: Declared,
    reader: Reader,
    print_one: Print,
    *,
    as_json: bool,
) -> None:
    read = read_inputs(inputs, kind)
    records = [record_of(each, declared, reader) for each in read]
    if as_json:
        print_json(records)
    else:
        print_records(records, print_one)
    if any("refused" in record for record in records):
        raise typer.Exit(1)


def _lines(label: str) -> list[str]:
    return sys.stdin.read().splitlines() if label == STANDARD_INPUT else [label]
