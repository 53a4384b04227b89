"""The story of a person: by which names, decided how, counted where, and whether it adds up."""

from collections.abc import Iterator
from datetime import datetime

from workers.explain.stages import Facts
from workers.explain.words import at, count, listed, meaning, quoted

SHOWN = 5


def explain_person(facts: Facts, now: datetime, *, matcher: int) -> list[str]:
    """The sentences, from the names to the figures."""
    return [
        *_who(facts),
        *_names(facts),
        *_decisions(facts),
        *_ledger(facts),
        *_figures(facts, now),
        *_next(facts, matcher),
    ]


def _who(facts: Facts) -> Iterator[str]:
    person = facts["person"]
    when = f", from {person['first_on']} to {person['last_on']}" if person["first_on"] else ""
    yield (
        f"{person['name']} ({person['slug']}): {count(person['appearances'], 'appearance')} in "
        f"{count(person['episodes'], 'episode')} of {count(person['podcasts'], 'podcast')}{when}."
    )
    if person["state"] == "merged":
        yield f"They were found to be {person['merged_into']} ({person['merged_into_slug']})."
    elif person["state"] == "suppressed":
        yield "An operator suppressed them: they are shown nowhere."
    places = [
        f"{quoted(row['podcast'])} ({count(row['appearances'], 'appearance')})"
        for row in facts["podcasts"][:SHOWN]
    ]
    if more := len(facts["podcasts"]) - SHOWN:
        places += [f"{count(more, 'other')}"] if more > 0 else []
    if places:
        yield f"They speak in {listed(places)}."


def _names(facts: Facts) -> Iterator[str]:
    everywhere = [quoted(row["key"]) for row in facts["names"] if row["scope"] == "global"]
    if everywhere:
        yield f"Everywhere, {listed(everywhere)} means them."
    for row in facts["names"]:
        if row["scope"] != "global":
            where = f" of {quoted(row['podcast'])}" if row["podcast"] else ""
            yield f"Within one {row['scope']}{where}, {quoted(row['key'])} means them."
    if not facts["names"]:
        yield "No name means them any more."


def _decisions(facts: Facts) -> Iterator[str]:
    for row in facts["decisions"][:SHOWN]:
        evidence = f", such as: {row['evidence']}" if row["evidence"] else ""
        yield (
            f"As {quoted(row['label'])} they have {count(row['appearances'], 'appearance')} in "
            f"{count(row['episodes'], 'episode')}, because {meaning(row['reason'])} "
            f"({row['method']}){evidence}."
        )
    if (more := len(facts["decisions"]) - SHOWN) > 0:
        yield f"{count(more, 'other label')} with fewer appearances mean them too."
    if facts["not_counted"]:
        yield (
            f"{count(facts['not_counted'], 'speaker')} matched to them count elsewhere or nowhere, "
            "by an operator's decision."
        )


def _ledger(facts: Facts) -> Iterator[str]:
    """What people decided about them, the latest first; what was undone is left to the ledger."""
    status = [event for event in facts["events"] if not event["undone_by"] and not event["undoes"]]
    for event in status[:SHOWN]:
        other = f" with {event['other']}" if event["other"] else ""
        label = f" of {quoted(event['label'])}" if event["label"] else ""
        because = f": {event['reason']}" if event["reason"] else ""
        yield (
            f"{event['actor']} decided on {event['at']:%Y-%m-%d}: {event['kind']}{label}{other} "
            f"(event {event['id']}){because}."
        )


def _figures(facts: Facts, now: datetime) -> Iterator[str]:
    kept, said = facts["person"]["appearances"], facts["rows_say"]
    if kept == said:
        yield "Their figures are what the rows say."
    else:
        yield f"Their figures are wrong: {kept:,} appearances are kept, and the rows say {said:,}."
    if facts["jobs"] and (job := facts["jobs"][0])["finished_at"]:
        yield f"They were last derived anew {at(job['finished_at'], now)}, by job {job['id']}."


def _next(facts: Facts, matcher: int) -> Iterator[str]:
    slug = facts["person"]["slug"]
    if facts["person"]["appearances"] != facts["rows_say"]:
        yield f"Next: `overheard reingest person:{slug} --stage counts` repairs them."
    elif any(row["version"] != matcher for row in facts["decisions"]):
        yield (
            "Next: nothing by itself. An older matcher decided some of it; to decide again: "
            f"`overheard reingest person:{slug} --stage people`."
        )
    else:
        yield "Next: nothing; they are counted in every transcript that comes."
