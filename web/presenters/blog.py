"""An issue as it is shown: without people and podcasts that may not be shown any more."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlmodel import Session

from models import IssuePeriod
from tasks.blog.document import from_document
from tasks.blog.periods import DigestPeriod, period_of_name
from tasks.blog.store.issues import (
    StoredIssue,
    episode_ids,
    hidden_podcasts,
    issues,
    shown_people,
)
from tasks.blog.store.quotes import quoted_now
from tasks.blog.store.sections import numbers_now
from tasks.blog.values import Digest, DigestRow, Part, Section
from web.languages.formats import month_and_year
from web.languages.texts import N_, formatted, translated
from web.presenters.filters import duration, number

PEOPLE = frozenset({"most_heard", "rose", "first_heard", "quotes"})
HIDDEN = N_("No longer shown")


@dataclass(frozen=True, slots=True)
class SectionText:
    """The heading of a section, and the rule by which its rows were chosen."""

    heading: str
    rule: str
    unit: str = N_("appearances")


TEXTS = {
    "most_heard": SectionText(N_("Most heard"), N_("The ten people with the most appearances.")),
    "rose": SectionText(
        N_("On the rise"),
        N_("The largest rises over the period before, among people heard in both."),
    ),
    "first_heard": SectionText(
        N_("Heard for the first time"),
        N_("People whose first appearance anywhere was in this period."),
    ),
    "longest": SectionText(
        N_("Longest conversations"),
        N_("The episodes with the most speech in which at least two people are named."),
        N_("of speech"),
    ),
    "topics": SectionText(
        N_("Most discussed topics"),
        N_("The topics of the episodes with the most segments."),
        N_("segments"),
    ),
    "quotes": SectionText(
        N_("In their words"),
        N_("The longest segment of up to 280 characters by each of the five most heard people."),
    ),
    "totals": SectionText(N_("The numbers"), N_("What was heard, named, added and checked."), ""),
}


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row with its rank in the frozen issue, its link, its number then and now."""

    rank: int
    row: DigestRow
    href: str
    frozen: str
    now: str


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A section with the rows that may be shown."""

    name: str
    text: SectionText
    rows: list[ShownRow]


@dataclass(frozen=True, slots=True)
class ShownIssue:
    """An issue, and how many rows are hidden, quotes left out, and numbers changed since.

    A quote is left out when its words are no longer that person's, after a correction.
    """

    issue: StoredIssue
    period: DigestPeriod
    sections: list[ShownSection]
    hidden: int
    left_out: int
    changed: int
    earlier: str | None
    later: str | None

    @property
    def title(self) -> str:
        """The period in words."""
        return period_title(self.period)

    def row(self, section: str, rank: int) -> ShownRow | None:
        """The row of a section at a rank, if it may be shown."""
        rows = (row for each in self.sections if each.name == section for row in each.rows)
        return next((row for row in rows if row.rank == rank), None)


def shown_issue(session: Session, issue: StoredIssue) -> ShownIssue:
    """An issue with what may be shown of it, and its numbers as they are now."""
    period = period_of_name(issue.name)
    assert period is not None  # noqa: S101  names are made of periods
    digest, left_out = _without_corrected(session, period, from_document(issue.document))
    people = shown_people(session, _people(digest))
    podcasts = hidden_podcasts(session)
    now = numbers_now(session, period, digest.sections)
    keys = [row.key for each in digest.sections if each.name == "longest" for row in each.rows]
    links = _links(episode_ids(session, period, keys))
    sections = [_shown(each, people, podcasts, now, links) for each in digest.sections]
    rows = sum(len(each.rows) for each in digest.sections)
    left = [row for each in sections for row in each.rows]
    earlier, later = _neighbours(session, issue)
    return ShownIssue(
        issue,
        period,
        [each for each in sections if each.rows],
        rows - len(left),
        left_out,
        sum(row.frozen != row.now for row in left),
        earlier,
        later,
    )


def _without_corrected(
    session: Session, period: DigestPeriod, digest: Digest
) -> tuple[Digest, int]:
    """The digest without quotes whose words are no longer that person's, and how many those are."""
    quotes = [row for each in digest.sections if each.name == "quotes" for row in each.rows]
    names = quoted_now(session, period, quotes) if quotes else {}
    current = tuple(replace(row, name=names[row.key]) for row in quotes if row.key in names)
    sections = (
        replace(each, rows=current) if each.name == "quotes" else each for each in digest.sections
    )
    return Digest(tuple(sections)), len(quotes) - len(current)


def title_of(name: str) -> str:
    """The title of the issue with this name."""
    period = period_of_name(name)
    return period_title(period) if period else name


def period_title(period: DigestPeriod) -> str:
    """A period in words: "Week 48 of 2026", "November 2026", "2026"."""
    if period.kind is IssuePeriod.week:
        year, week, _ = period.begins_on.isocalendar()
        return formatted(N_("Week %(week)s of %(year)s"), week=week, year=year)
    return month_and_year(period.begins_on) if period.kind is IssuePeriod.month else period.title


def _people(digest: Digest) -> set[str]:
    rows = [(each.name, row) for each in digest.sections for row in each.rows]
    named = {row.key for name, row in rows if name in PEOPLE}
    return named | {part.person for _, row in rows for part in row.parts if part.person}


def _shown(
    section: Section,
    people: set[str],
    podcasts: set[str],
    now: dict[tuple[str, str], int],
    links: Callable[[str, str], str],
) -> ShownSection:
    show = duration if section.name == "longest" else number
    shares = _shares(section) if section.name == "totals" else {}
    rows = [
        ShownRow(
            rank,
            replace(
                row,
                parts=tuple(_part(part, people, podcasts) for part in row.parts),
                text=shares.get(row.key, row.text),
            ),
            links(section.name, row.key),
            show(row.number) if row.number is not None else "",
            show(now[section.name, row.key]) if row.number is not None else "",
        )
        for rank, row in enumerate(section.rows, 1)
        if (section.name not in PEOPLE or row.key in people) and row.podcast not in podcasts
    ]
    return ShownSection(section.name, TEXTS[section.name], rows)


def _shares(section: Section) -> dict[str, str]:
    """How well it went, in words by key: the share that was heard, named, and right in audits."""
    rows = {row.key: row.number or 0 for row in section.rows}
    right = sum(
        part.number
        for row in section.rows
        for part in row.parts
        if (row.key, part.title) == ("audited", "correct")
    )
    return {
        key: formatted(of, share=f"{part / whole:.0%}")
        for key, part, whole, of in (
            (
                "episodes",
                rows.get("episodes", 0),
                rows.get("published", 0),
                N_("%(share)s of those published"),
            ),
            (
                "named",
                rows.get("named", 0),
                rows.get("heard", 0),
                N_("%(share)s of all heard"),
            ),
            ("audited", right, rows.get("audited", 0), N_("%(share)s of them correct")),
        )
        if whole
    }


def _part(part: Part, people: set[str], podcasts: set[str]) -> Part:
    """A part of a number; what may not be shown leaves its number only."""
    if part.podcast in podcasts or (part.person and part.person not in people):
        return part._replace(title=translated(HIDDEN), under="")
    return part


def _links(episodes: dict[str, int]) -> Callable[[str, str], str]:
    def link(section: str, key: str) -> str:
        if section == "longest":
            return f"/episodes/{episodes[key]}" if key in episodes else ""
        if section == "topics":
            return f"/topics/{key}"
        return f"/people/{key}" if section in PEOPLE else ""

    return link


def _neighbours(session: Session, issue: StoredIssue) -> tuple[str | None, str | None]:
    """The issues of the same kind before and after."""
    names = [each.name for each in issues(session) if each.period == issue.period]
    place = names.index(issue.name)
    earlier = names[place + 1] if place + 1 < len(names) else None
    return earlier, names[place - 1] if place else None
