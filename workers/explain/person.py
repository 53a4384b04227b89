"""The history of a person: names, attributions, decisions, and whether the counts add up."""

from collections.abc import Iterator
from datetime import datetime

from models.methods import method_text
from models.queries.person_history import HistoryOfPerson
from models.reasons import reason_clause
from workers.words import at, count, listed, quoted

SHOWN = 5


def explain_person(facts: HistoryOfPerson, now: datetime, *, matcher: int) -> list[str]:
    """The sentences, from the names to the counts. ``matcher`` is the version that runs now."""
    return [
        *_summary(facts),
        *_names(facts),
        *_attributions(facts),
        *_decision_log(facts),
        *_counts(facts, now),
        *_next(facts, matcher),
    ]


def _summary(facts: HistoryOfPerson) -> Iterator[str]:
    person = facts.person
    when = f", from {person.first_on} to {person.last_on}" if person.first_on else ""
    yield (
        f"{person.name} ({person.slug}): {count(person.appearances, 'appearance')} in "
        f"{count(person.episodes, 'episode')} of {count(person.podcasts, 'podcast')}{when}."
    )
    if person.state == "merged":
        yield f"They were merged into {person.merged_into} ({person.merged_into_slug})."
    elif person.state == "suppressed":
        yield "An operator suppressed them: they are not shown anywhere."
    podcasts = [
        f"{quoted(row.podcast)} ({count(row.appearances, 'appearance')})"
        for row in facts.podcasts[:SHOWN]
    ]
    if (more := len(facts.podcasts) - SHOWN) > 0:
        podcasts.append(count(more, "other"))
    if podcasts:
        yield f"They speak in {listed(podcasts)}."


def _names(facts: HistoryOfPerson) -> Iterator[str]:
    everywhere = [quoted(row.key) for row in facts.names if row.scope == "global"]
    if everywhere:
        yield f"Everywhere, {listed(everywhere)} means them."
    for row in facts.names:
        if row.scope != "global":
            where = f" ({quoted(row.podcast)})" if row.podcast else ""
            yield f"Within one {row.scope}{where}, {quoted(row.key)} means them."
    if not facts.names:
        yield "No name resolves to them any more."


def _attributions(facts: HistoryOfPerson) -> Iterator[str]:
    for row in facts.attributions[:SHOWN]:
        evidence = f", for example: {row.evidence}" if row.evidence else ""
        yield (
            f"As {quoted(row.label)} they have {count(row.appearances, 'appearance')} in "
            f"{count(row.episodes, 'episode')}, because {reason_clause(row.reason)} "
            f"({method_text(row.method)}){evidence}."
        )
    if (more := len(facts.attributions) - SHOWN) > 0:
        yield f"{count(more, 'other label')} with fewer appearances mean them, too."
    if facts.not_counted:
        yield (
            f"{count(facts.not_counted, 'speaker')} matched to them count for another person or "
            "not at all, in quarantine or by an operator's decision."
        )


def _decision_log(facts: HistoryOfPerson) -> Iterator[str]:
    """Decisions in force about the person, latest first; the decision log has all of them."""
    in_force = [e for e in facts.decisions if not e.undone_by and not e.undoes]
    for decision in in_force[:SHOWN]:
        other = f" with {decision.other}" if decision.other else ""
        label = f" of {quoted(decision.label)}" if decision.label else ""
        because = f": {decision.reason}" if decision.reason else ""
        yield (
            f"{decision.actor} decided on {decision.at:%Y-%m-%d}: {decision.kind}{label}{other} "
            f"(decision {decision.id}){because}."
        )


def _counts(facts: HistoryOfPerson, now: datetime) -> Iterator[str]:
    counted, stored = facts.person.appearances, facts.rows_say
    if counted == stored:
        yield "Their counts agree with the stored appearances."
    else:
        yield f"Their counts are wrong: {counted:,} appearances counted, {stored:,} stored."
    if facts.jobs and (job := facts.jobs[0]).finished_at:
        yield f"They were last recomputed {at(job.finished_at, now)}, by job {job.id}."


def _next(facts: HistoryOfPerson, matcher: int) -> Iterator[str]:
    slug = facts.person.slug
    if facts.person.appearances != facts.rows_say:
        yield f"Next: `overheard reingest person:{slug} --stage counts` repairs them."
    elif any(row.version != matcher for row in facts.attributions):
        yield (
            "Next: nothing happens by itself. An older matcher made some attributions; to resolve "
            f"them again: `overheard reingest person:{slug} --stage people`."
        )
    else:
        yield "Next: nothing; new transcripts add to their counts."
