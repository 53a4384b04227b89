"""Add Podcast: a link, a name or a list, what is wrong with it, and how far it has come since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from models import get_settings
from models.database import database_time, in_transaction
from models.queries.ingest_progress import progress
from models.reasons import next_step, reason_text
from tasks.artwork.fetch import artwork_digest
from tasks.auth.networks import client_network
from tasks.budgets.values import BudgetInterrupted
from tasks.feeds.opml import why_no_list
from tasks.feeds.read import read_opml
from tasks.feeds.values import FeedRefused
from tasks.http.redaction import public_url
from tasks.links.find import find_feeds
from tasks.links.lists import Entered, entered_links, expanded, listed_links
from tasks.links.values import FoundFeed, FoundPodcast, FoundPodcasts, LinkRefusal, Resolution
from tasks.podcasts.store.add import AddResult, add_by_url
from web.api.request_counts import HOUR, counted
from web.auth.permissions import is_operator
from web.auth.session import MaybeSignedIn, check_form
from web.languages.formats import whole_number
from web.languages.texts import N_, formatted, translated
from web.middleware.errors import ExplainedError
from web.presenters.podcast_progress import STEPS, NotAdded, podcast_progress, summary
from web.read_transaction import snapshot
from web.rendering import page
from web.speech_advice import advice_by_podcast

router = APIRouter(include_in_schema=False)
# What is shown again of what was entered.
MAX_SHOWN = 4000
MAX_FEEDS = 1000
_IDS = r"^\d{1,18}(\.\d{1,18})*$"
_PARTS = N_("Add it in parts. Operators: overheard podcasts import takes longer lists.")
_REST = N_(
    "Add the rest as a list of its own. Operators: overheard podcasts import takes longer lists."
)
Found = tuple[str, Resolution]


@dataclass(frozen=True, slots=True)
class FeedProblem:
    """An address that is not followed, why, in a word and in a sentence, and what to do."""

    address: str
    reason: str
    message: str
    next_step: str


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A podcast to choose, with the key of its artwork in our cache."""

    podcast: FoundPodcast
    artwork: str


@dataclass(slots=True)
class Added:
    """What came of a form: podcasts, problems, and podcasts to choose from.

    ``ids`` says of each podcast whether its feed was read and lists no transcripts.
    """

    ids: dict[int, bool]
    problems: list[FeedProblem]
    candidates: tuple[FoundPodcast, ...] = ()
    already: list[int] = field(default_factory=list)
    left_out: int = 0

    @property
    def has_silent(self) -> bool:
        """Whether a feed lists no transcripts, which is shown at once."""
        return any(self.ids.values())

    @property
    def not_added(self) -> NotAdded:
        """How many were refused at once, and how many left out, which is one more problem."""
        return NotAdded(len(self.problems) - bool(self.left_out), self.left_out)


def may_add(who: MaybeSignedIn) -> bool:
    """Whether the reader may add podcasts: operators, and everybody where a setting says so."""
    return get_settings().public_add or (who is not None and who.is_operator)


MayAdd = Annotated[bool, Depends(may_add)]


@router.get("/add")
def form(
    request: Request, allowed: MayAdd, url: Annotated[str, Query(max_length=4000)] = ""
) -> HTMLResponse:
    """The form, or who may add podcasts here; a link may be filled in."""
    return _form(request, url, open=allowed)


@router.post("/add")
async def add(request: Request, allowed: MayAdd, who: MaybeSignedIn) -> Response:
    """Follow what the form leads to; show at once what cannot be followed, and why."""
    if not allowed:
        raise HTTPException(403)
    stranger = None if who is not None and who.is_operator else _network(request)
    await _count(stranger, 1)
    async with request.form(max_files=1, max_fields=4) as sent:
        if who is not None:  # a stranger's form does nothing in anybody's name
            await check_form(request)
        url, file = sent.get("url"), sent.get("opml")
        body = await file.read() if isinstance(file, UploadFile) else b""
    url = url.strip() if isinstance(url, str) else ""
    try:
        entered = await run_in_threadpool(_entered, url, body)
    except _FormRefused as refused:
        problems = [refused.problem]
        return await run_in_threadpool(_form, request, url[:MAX_SHOWN], problems=problems)
    await _count(stranger, len(entered) - 1)
    found = await run_in_threadpool(_found, entered)
    await _count(stranger, len(found) - len(entered))  # the feeds of lists that were found
    return await run_in_threadpool(_add, request, found, url[:MAX_SHOWN])


def _network(request: Request) -> str:
    return client_network(request.client.host if request.client else "")


async def _count(stranger: str | None, feeds: int) -> None:
    """Count what a stranger adds; 429 when it is too much for an hour."""
    if stranger is None:
        return
    most = get_settings().public_add_per_hour
    allowed = await counted(f"add:{stranger}", most, add=feeds, seconds=HOUR)
    if allowed.left < 0:
        wait = max(1, allowed.reset)
        text = N_(
            "At most %(most)s feeds may be added in an hour from one address. Nothing of this was "
            "added. Try again in %(minutes)s minutes, with at most %(most)s feeds."
        )
        message = formatted(text, most=whole_number(most), minutes=-(-wait // 60))
        raise ExplainedError(429, message, {"retry-after": str(wait)})


class _FormRefused(Exception):
    """The form as a whole is of no use."""

    def __init__(self, reason: str, message: str, step: str) -> None:
        super().__init__(message)
        self.problem = FeedProblem("", reason, message, step)


def _entered(url: str, body: bytes) -> list[Entered]:
    """The links of a form; documents are read in a process of its own, which is killed in time."""
    try:
        pasted = listed_links(read_opml(url.encode("utf-8", "replace"))) if url[:1] == "<" else None
        entered = entered_links(url) if pasted is None else pasted
        entered += _from_file(body) if body else []
    except (FeedRefused, BudgetInterrupted):
        message = N_("This list takes too long to read. Is it a list of feeds?")
        raise _FormRefused("over_budget", message, _PARTS) from None
    if len(entered) > 1 and not body and url[:1] != "<" and all(map(_is_no_link, entered)):
        message = N_("None of these lines is a link. Names are searched one at a time.")
        raise _FormRefused("bad_entry", message, N_("Enter one name by itself, or paste links."))
    if not url and not entered:
        step = N_("Enter a link, or choose a file that contains links.")
        raise _FormRefused("empty", "Nothing was entered.", step)
    if len(entered) > MAX_FEEDS:
        text = N_("A list may contain at most %(count)s feeds.")
        message = formatted(text, count=whole_number(MAX_FEEDS))
        raise _FormRefused("too_large", message, _PARTS)
    return entered


def _from_file(body: bytes) -> list[Entered]:
    """The links of a file; one sentence, not one for each line, when it is no list."""
    entries = read_opml(body)
    why = why_no_list(body, entries)
    if why is not None:
        step = N_("Choose an OPML file, or a text file with one URL per line.")
        message = formatted(N_("Nothing was added from this file: %(why)s."), why=translated(why))
        raise _FormRefused("bad_entry", message, step)
    return listed_links(entries)


def _is_no_link(entered: Entered) -> bool:
    _, link = entered
    return isinstance(link, LinkRefusal) and link.reason == "bad_entry"


def _found(entered: Sequence[Entered]) -> list[Found]:
    """What each leads to, with the feeds of lists in place of the lists."""
    links = [link for _, link in entered]
    return expanded(entered, find_feeds(links, get_settings(), with_artwork=True))


def _add(request: Request, found: Sequence[Found], url: str) -> Response:
    added = _add_all(found)
    if not added.ids:
        return _form(request, url, problems=added.problems, candidates=added.candidates)
    if not added.problems and not added.has_silent:
        address = _progress_address(added.ids, added.already, added.not_added)
        return RedirectResponse(address, status_code=303)
    return _progress_page(request, list(added.ids), added.already, added.not_added, added)


@router.get("/add/progress")
def progress_page(
    request: Request,
    ids: Annotated[str, Query(pattern=_IDS)],
    already: Annotated[str, Query(pattern=f"({_IDS})|^$")] = "",
    refused: Annotated[int, Query(ge=0, le=MAX_FEEDS)] = 0,
    left_out: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> HTMLResponse:
    """How far these podcasts have come; some were added already."""
    return _progress_page(request, _ids(ids), _ids(already), NotAdded(refused, left_out))


def _ids(text: str) -> list[int]:
    return [int(one) for one in text.split(".") if one][:MAX_FEEDS]


def _form(
    request: Request,
    url: str,
    *,
    open: bool = True,  # noqa: A002  the template's name
    problems: Sequence[FeedProblem] = (),
    candidates: Sequence[FoundPodcast] = (),
) -> HTMLResponse:
    return page(
        request,
        "add.html",
        here="Add Podcast",
        status=400 if problems and not candidates else 200,
        open=open,
        problems=problems,
        url=url,
        candidates=[
            ShownCandidate(each, artwork_digest(each.artwork_url).hex()) for each in candidates
        ],
    )


def _progress_address(ids: Iterable[int], already: Sequence[int], not_added: NotAdded) -> str:
    address = f"/add/progress?ids={'.'.join(map(str, ids))}"
    if already:
        address += f"&already={'.'.join(map(str, already))}"
    numbers = {"refused": not_added.refused, "left_out": not_added.left_out}
    return address + "".join(f"&{name}={number}" for name, number in numbers.items() if number)


def _progress_page(
    request: Request,
    ids: Sequence[int],
    already: Sequence[int],
    not_added: NotAdded,
    added: Added | None = None,
) -> HTMLResponse:
    with snapshot() as session:
        found = progress(session, ids, database_time(session))
        advice = advice_by_podcast(session, ids, for_operators=is_operator(request))
    shown = [podcast_progress(row) for row in found]
    return page(
        request,
        "progress.html",
        here="Add Podcast",
        podcasts=shown,
        problems=added.problems if added else [],
        silent=added.ids if added else {},
        advice=advice,
        summary=summary(shown, set(already), not_added),
        already=set(already),
        steps=STEPS,
        address=_progress_address(ids, already, not_added),
        done=all(row.done_with for row in shown),
    )


def _add_all(found: Sequence[Found]) -> Added:
    """Follow what each leads to; the podcasts, those that were followed already included."""
    added = Added({}, [], left_out=max(0, len(found) - MAX_FEEDS))
    if added.left_out:
        added.problems.append(_left_out(added.left_out))
    for text, one in found[:MAX_FEEDS]:
        if isinstance(one, FoundFeed):
            _follow(one, added)
        elif isinstance(one, FoundPodcasts) and len(found) == 1:
            added.candidates = one.podcasts
        else:
            added.problems.append(_problem(text, one))
    return added


def _left_out(number: int) -> FeedProblem:
    text = N_("A list may contain at most %(most)s feeds: the last %(count)s were left out.")
    message = formatted(text, most=whole_number(MAX_FEEDS), count=whole_number(number))
    return FeedProblem("", "too_large", message, _REST)


def _follow(feed: FoundFeed, added: Added) -> None:
    result = in_transaction(add_by_url, feed.url)
    if result.podcast_id is None:
        added.problems.append(_refused(result))
        return
    if result.result == "already" and result.podcast_id not in added.ids:
        added.already.append(result.podcast_id)
    has_none = feed.episodes is not None and not feed.transcripts
    added.ids[result.podcast_id] = has_none


def _refused(result: AddResult) -> FeedProblem:
    reason = result.reason
    return FeedProblem(result.feed_url, reason, reason_text(reason), next_step(reason))


def _problem(text: str, found: Resolution) -> FeedProblem:
    shown = public_url(text) if "://" in text else text
    if isinstance(found, LinkRefusal):
        return FeedProblem(shown, found.reason, found.message, found.next_step)
    step = N_("Enter it by itself to choose one.")
    return FeedProblem(shown, "several_candidates", N_("This could mean several podcasts."), step)
