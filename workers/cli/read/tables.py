"""What `read` prints for people: a heading for each input, and its rows as a table."""

from collections.abc import Callable, Sequence

from models.reasons import reason_text
from workers.cli.output import console, print_error, print_table
from workers.cli.read.records import Record
from workers.words import count

# Characters of a text in a table, where --json has all of it; wrapping takes quadratic time.
_MAX_CELL = 2_000

Print = Callable[[Record], None]


def print_records(records: Sequence[Record], print_one: Print) -> None:
    """Print the records; what was refused goes to standard error, with its reason."""
    for record in records:
        if "refused" in record:
            print_refusal(record)
        else:
            print_one(record)


def print_refusal(record: Record) -> None:
    """Print why an input is refused."""
    print_error(f"{record['file']}: {record['message']} ({record['refused']})", style="red")


def print_transcript(record: Record) -> None:
    """Print the labels with their reasons, and the segments."""
    _heading(f"{record['file']}: {record['format']}, {count(len(record['segments']), 'segment')}")
    if record["labels"]:
        print_table(record["labels"], ("label", "count", "accepted", "reason"))
    rows = [
        {"time": _clock(each["start_ms"]), "label": each["label"], "text": _short(each["text"])}
        for each in record["segments"]
    ]
    print_table(rows, ("time", "label", "text"))


def print_feed(record: Record) -> None:
    """Print the podcast, and a row for each episode."""
    podcast = record["podcast"]
    _heading(f"{record['file']}: {podcast['title']}, {count(len(record['episodes']), 'episode')}")
    fields = ("title", "guid", "link", "language", "author")
    rows = [{"field": name, "value": _short(podcast[name])} for name in fields if podcast[name]]
    people = [{"field": each["role"], "value": _short(each["name"])} for each in podcast["people"]]
    print_table(rows + people, ("field", "value"))
    episodes = [_episode_row(episode) for episode in record["episodes"]]
    print_table(episodes, ("published", "title", "duration", "transcripts", "people"))


def _episode_row(episode: Record) -> Record:
    people = (f"{each['name']} ({each['role']})" for each in episode["people"])
    return {
        "published": episode["published_at"],
        "title": _short(episode["title"]),
        "duration": _clock(episode["duration_ms"]),
        "transcripts": len(episode["transcripts"]),
        "people": _short(", ".join(people)),
    }


def print_opml(record: Record) -> None:
    """Print a row for each feed, with its problem."""
    _heading(f"{record['file']}: {count(len(record['feeds']), 'feed')}")
    print_table(record["feeds"], ("title", "feed_url", "problem"))


def print_names(records: Sequence[Record]) -> None:
    """Print a row for each label, with the reason in words."""
    rows = [
        each | {"person": each["person"] or "nobody", "reason": reason_text(each["reason"])}
        for each in records
    ]
    print_table(rows, ("label", "person", "reason"))


def _short(text: str) -> str:
    return text if len(text) <= _MAX_CELL else text[:_MAX_CELL] + "…"


def _heading(text: str) -> None:
    safe = "".join(character if character.isprintable() else " " for character in _short(text))
    console.print(safe, style="bold", markup=False, highlight=False)


def _clock(ms: int | None) -> str:
    if ms is None:
        return ""
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
