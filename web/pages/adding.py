"""Add Podcast: an address or a list, what is wrong with it, and how far it has come since."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from models import get_settings
from models.database import database_time, in_transaction
from models.queries.ingest_progress import IngestProgress, progress
from tasks.feeds.opml import OpmlEntry, parse_opml
from tasks.podcasts.store.add import add_by_url
from web.auth.session import MaybeSignedIn, check_form
from web.presenters.reason_texts import reason_text
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)
MAX_BYTES = 2_000_000
MAX_FEEDS = 1000
_STEPS = ("Queued", "Feed read", "Reading transcripts", "Counted")


@dataclass(frozen=True, slots=True)
class FeedProblem:
    """An address that is not followed, and why, in a word and in a sentence."""

    address: str
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PodcastProgress:
    """An added podcast, and how many of the steps it has reached."""

    podcast: IngestProgress
    reached: int
    refused: bool
    message: str
    done_with: bool


def may_add(who: MaybeSignedIn) -> bool:
    """Whether the reader may add podcasts: operators, and everybody where a setting says so."""
    return get_settings().public_add or (who is not None and who.is_operator)


MayAdd = Annotated[bool, Depends(may_add)]


@router.get("/add")
def form(request: Request, allowed: MayAdd) -> HTMLResponse:
    """The form, or who may add podcasts here."""
    return page(request, "add.html", here="Add Podcast", open=allowed, problems=[], url="")


@router.post("/add")
async def add(request: Request, allowed: MayAdd, who: MaybeSignedIn) -> Response:
    """Follow the feeds of the form; show at once which cannot be followed, and why."""
    if not allowed:
        raise HTTPException(403)
    _check_length(request)
    async with request.form(max_files=1, max_fields=4) as sent:
        if who is not None:  # a stranger's form does nothing in anybody's name
            await check_form(request)
        url, file = sent.get("url"), sent.get("opml")
        body = await file.read() if isinstance(file, UploadFile) else b""
    url = url.strip() if isinstance(url, str) else ""
    entries = [*_typed(url), *(parse_opml(body) if body else [])]
    if not entries:
        empty = FeedProblem("", "empty", "Give an address, or choose a file with some.")
        return _form_again(request, [empty], url)
    if len(entries) > MAX_FEEDS:
        many = FeedProblem("", "too_large", f"A list may have {MAX_FEEDS:,} feeds at most.")
        return _form_again(request, [many], url)
    ids, problems = await run_in_threadpool(_follow_all, entries)
    if not ids:
        return _form_again(request, problems, url)
    address = f"/add/progress?ids={'.'.join(map(str, ids))}"
    if not problems:
        return RedirectResponse(address, status_code=303)
    return await run_in_threadpool(_progress_page, request, ids, problems)


@router.get("/add/progress")
def progress_page(
    request: Request, ids: Annotated[str, Query(pattern=r"^\d{1,18}(\.\d{1,18})*$")]
) -> HTMLResponse:
    """How far these podcasts have come."""
    return _progress_page(request, [int(one) for one in ids.split(".")][:MAX_FEEDS], [])


def _form_again(request: Request, problems: list[FeedProblem], url: str) -> HTMLResponse:
    return page(
        request, "add.html", here="Add Podcast", status=400, open=True, problems=problems, url=url
    )


def _progress_page(
    request: Request, ids: Sequence[int], problems: list[FeedProblem]
) -> HTMLResponse:
    with snapshot() as session:
        found = progress(session, ids, database_time(session))
    shown = [_step(row) for row in found]
    address = f"/add/progress?ids={'.'.join(map(str, ids))}"
    return page(
        request,
        "progress.html",
        here="Add Podcast",
        podcasts=shown,
        problems=problems,
        steps=_STEPS,
        address=address,
        done=all(row.done_with for row in shown),
    )


def _check_length(request: Request) -> None:
    """Answer 413 to what is too large, before any of it is read."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > MAX_BYTES:
        raise HTTPException(413)


def _typed(url: str) -> list[OpmlEntry]:
    """What was typed as an address; ``https://`` may be left out."""
    if not url:
        return []
    return parse_opml((url if ":" in url else f"https://{url}").encode("utf-8", "replace"))


def _follow_all(entries: Sequence[OpmlEntry]) -> tuple[list[int], list[FeedProblem]]:
    """Follow each; the podcasts, those that were followed already included, and the problems."""
    ids: dict[int, None] = {}
    problems = []
    for entry in entries:
        if entry.problem:
            message = f"Line {entry.line} {entry.problem}."
            problems.append(FeedProblem(entry.feed_url or entry.title, "bad_entry", message))
            continue
        followed = in_transaction(add_by_url, entry.feed_url)
        if followed.podcast_id is not None:
            ids[followed.podcast_id] = None
        else:
            message = reason_text(followed.reason)
            problems.append(FeedProblem(followed.feed_url, followed.reason, message))
    return list(ids), problems


def _step(row: IngestProgress) -> PodcastProgress:
    """How many of the steps are reached, what to show, and whether it can still change."""
    read = row.last_ok_at is not None
    reading = row.done + row.failed < row.jobs
    failed = row.state == "refused" or (not read and row.reason is not None)
    return PodcastProgress(
        podcast=row,
        reached=4 if read and not reading else 3 if read and row.done else 2 if read else 1,
        refused=failed,
        message=reason_text(row.reason) if row.reason else "",
        done_with=failed or (read and not reading) or row.state in {"paused", "removed"},
    )
