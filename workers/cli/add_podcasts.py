"""Commands that add podcasts: add, import, find."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from models import SpeechMode
from models.database import Session, database_time, in_transaction
from models.queries.silent_podcasts import silent_podcasts
from models.reasons import next_step, reason_text
from models.settings import get_settings
from tasks.http.private_text import feed_secrets, hosted_url, without_secrets
from tasks.http.redaction import is_private, public_url
from tasks.links.find import find_feeds
from tasks.links.lists import Entered, entered_links, expanded, listed_links
from tasks.links.values import FoundFeed, FoundPodcast, FoundPodcasts, LinkRefusal, Resolution
from tasks.podcasts.store.add import AddResult, add_by_url
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_feeds
from tasks.polling.values import Poll
from tasks.speech.advice import advice_without_transcripts
from tasks.speech.store.choices import speech_modes
from workers.cli.feed_list import read_feed_list
from workers.cli.options import FeedUrls, Json, fail
from workers.cli.output import print_json, print_line, print_table
from workers.cli.publish import publish_waiting_jobs
from workers.cli.transcript_advice import transcript_advice
from workers.local.service import service
from workers.words import count

Private = Annotated[
    bool, typer.Option("--private", help="Show the URLs of these podcasts to operators only.")
]
_LABELS = {"already": "already added", "unreachable": "unreachable, will be tried again"}


def add(urls: FeedUrls, private: Private = False, as_json: Json = False) -> None:
    """Add podcasts by feed URL or another link, and poll each now; workers do the rest."""
    _refuse_files(urls)
    with service():
        entered = [each for url in urls for each in entered_links(url)]
        _add_links(entered, private=private, as_json=as_json)


def _refuse_files(urls: Sequence[str]) -> None:
    for url in urls:
        if not url.strip():
            fail("an address is empty: give the URL of a feed, a link or a name")
        if "://" not in url and Path(url).is_file():
            fail(f"{url} is a file: a list of feeds is read by overheard podcasts import {url}")


def import_opml(
    file: Annotated[str, typer.Argument(help="An OPML file, or a list of URLs, one per line.")],
    private: Private = False,
    as_json: Json = False,
) -> None:
    """Add every feed of an OPML file or of a list of feed URLs."""
    entries = read_feed_list(file)
    with service():
        _add_links(listed_links(entries), private=private, as_json=as_json)


def find(
    words: Annotated[list[str], typer.Argument(metavar="WORDS…", help="A name, or a link.")],
    as_json: Json = False,
) -> None:
    """Search the directory of podcasts by words and print feed URLs."""
    (found,) = find_feeds([entered_links(" ".join(words))[0][1]], get_settings())
    if isinstance(found, LinkRefusal):
        fail(f"{found.reason}: {found.message} {found.next_step}")
    podcasts = [_candidate(each) for each in _candidates(found)]
    if as_json:
        print_json(podcasts)
    else:
        print_table(podcasts, ("title", "author", "feed_url"))


def _candidates(found: Resolution) -> Sequence[FoundPodcast]:
    if isinstance(found, FoundPodcasts):
        return found.podcasts
    return [FoundPodcast(found.title, "", found.url)] if isinstance(found, FoundFeed) else []


def _candidate(podcast: FoundPodcast) -> dict[str, object]:
    title, author, feed_url = podcast.title, podcast.author, podcast.feed_url
    if is_private(feed_url):
        secrets = feed_secrets(feed_url)
        title, author = without_secrets(title, secrets), without_secrets(author, secrets)
    return {"title": title, "author": author, "feed_url": public_url(feed_url)}


def _add_links(entered: Sequence[Entered], *, private: bool, as_json: bool) -> None:
    """Resolve links, add what they lead to, and report each in the order in which it came."""
    found = find_feeds([link for _, link in entered], get_settings())
    results = expanded(entered, found)
    feeds = list(dict.fromkeys(one.url for _, one in results if isinstance(one, FoundFeed)))
    polled = add_and_poll(feeds, private=private)
    added = dict(zip(feeds, in_transaction(_with_advice, polled), strict=True))
    _report(
        [
            added[one.url] if isinstance(one, FoundFeed) else _refused(text, one, private=private)
            for text, one in results
        ],
        as_json=as_json,
    )


def _with_advice(session: Session, results: Sequence[AddResult]) -> list[AddResult]:
    """The results, with what can be done about transcripts that are not there, or not fetched."""
    settings = get_settings()
    ids = [each.podcast_id for each in results if each.podcast_id]
    silent = [each.podcast_id for each in silent_podcasts(session, ids)]
    modes = speech_modes(session, silent, SpeechMode(settings.speech_mode))
    about_fetching = transcript_advice(session, ids)

    def advised(result: AddResult) -> AddResult:
        if advice := about_fetching.get(result.podcast_id or 0):
            before = f"{result.message}. " if result.message else ""
            return replace(result, message=before + advice)
        if result.podcast_id not in modes:
            return result
        advice = advice_without_transcripts(settings, modes[result.podcast_id], for_operators=True)
        before = f"{result.message}, " if result.message else ""
        return replace(result, message=f"{before}none with a transcript. {advice}")

    return [advised(result) for result in results]


def _refused(text: str, found: Resolution, *, private: bool) -> AddResult:
    shown = (hosted_url(text) if private else public_url(text)) if ":" in text else text
    if isinstance(found, LinkRefusal):
        message = f"{found.message} {found.next_step}"
        return AddResult(shown, "refused", reason=found.reason, message=message)
    candidates = [_candidate(each) for each in _candidates(found)]
    names = "; ".join(f"{each['title']}: {each['feed_url']}" for each in candidates)
    message = f"choose one and add its feed URL: {names}"
    return AddResult(shown, "refused", reason="several_candidates", message=message)


def add_and_poll(urls: Sequence[str], *, private: bool = False) -> list[AddResult]:
    """Add feeds, then poll those new ones in batches that no worker has polled yet."""
    results = [in_transaction(add_by_url, url, private=private) for url in urls]
    new = [each.podcast_id for each in results if each.result == "added" and each.podcast_id]
    batch = get_settings().poll_batch
    polls: dict[int, Poll] = {}
    for start in range(0, len(new), batch):
        token = in_transaction(
            lambda session, ids: claim_feeds(session, ids, database_time(session)),
            new[start : start + batch],
        )
        polls |= {poll.podcast_id: poll for poll in poll_claimed_feeds(token)}
    publish_waiting_jobs()
    return [_with_poll(result, polls.get(result.podcast_id or 0)) for result in results]


def _with_poll(added: AddResult, poll: Poll | None) -> AddResult:
    if poll is None:
        return _with_next_step(added) if added.result == "refused" else added
    if poll.succeeded:
        return replace(added, message=added.message or count(poll.new, "episode"))
    result = "refused" if poll.outcome == "refused" else "unreachable"
    failed = replace(added, result=result, reason=poll.reason or "", message=poll.message)
    return _with_next_step(failed)


def _with_next_step(added: AddResult) -> AddResult:
    step = next_step(added.reason, tried_again=added.result == "unreachable")
    message = (added.message or reason_text(added.reason)).rstrip(".")
    return replace(added, message=f"{message}. {step}")


def _report(results: Sequence[AddResult], *, as_json: bool) -> None:
    if as_json:
        print_json([_as_json(result) for result in results])
    else:
        for result in results:
            _print_line(result)
        if len(results) > 1:
            typer.echo(_summary(results))
    if any(result.result in {"refused", "unreachable"} for result in results):
        raise typer.Exit(1)


def _summary(results: Sequence[AddResult]) -> str:
    """How many of each result there are: "80 added, 20 refused"."""
    counts = Counter(_LABELS.get(each.result, each.result) for each in results)
    return ", ".join(f"{number} {label}" for label, number in counts.items())


def _as_json(result: AddResult) -> dict[str, object]:
    return {
        "feed_url": result.feed_url,
        "result": result.result,
        "podcast_id": result.podcast_id,
        "reason": result.reason or None,
        "message": result.message or None,
    }


def _print_line(result: AddResult) -> None:
    detail = ": ".join(part for part in (result.reason, result.message) if part)
    label = _LABELS.get(result.result, result.result)
    print_line(f"{label}  {result.feed_url}" + (f"  {detail}" if detail else ""))
