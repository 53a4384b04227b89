"""The callback of WebSub hubs: they ask whether we meant it, and push what is new."""

import asyncio
import re

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from starlette.requests import ClientDisconnect

from models import SubscriptionState, get_settings
from models.database import in_transaction
from tasks.feeds.feed_urls import feed_url_key
from tasks.http.urls import UrlRefused
from tasks.websub.callbacks import (
    accept_denial,
    accept_notification,
    confirm_subscription,
    reject_notification,
)
from tasks.websub.signatures import SignedBody
from tasks.websub.store import find_subscription
from tasks.websub.values import KnownSubscription

router = APIRouter(prefix="/websub", include_in_schema=False)

# A body is read for its signature only, and none may be a long way.
BODY_SECONDS = 20.0

# No hub's challenge comes near; what we are sent here we send back.
MAX_CHALLENGE = 1024

_TOKEN = re.compile(r"[\w-]{20,64}", re.ASCII)
_SELF = re.compile(r"<([^<>]*)>[^<]*;\s*rel\s*=\s*\"?[^\",;]*\bself\b", re.IGNORECASE)

NOBODY = PlainTextResponse("no such subscription", status_code=404)
OVER = PlainTextResponse("this subscription is over", status_code=410)


class NotificationRejected(Exception):
    """A delivery that is not believed; ``reason`` is a word for rows and logs."""

    def __init__(self, reason: str, message: str, *, status: int = 202) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


@router.get("/{token}")
def verify(token: str, request: Request) -> PlainTextResponse:
    """A hub asks whether we meant it (WebSub, 5.3), or says that it will not (5.2)."""
    params = request.query_params
    mode, topic = params.get("hub.mode", ""), params.get("hub.topic", "")
    if not _TOKEN.fullmatch(token):
        return NOBODY
    if mode == "denied":
        ours = in_transaction(accept_denial, token, topic, params.get("hub.reason", ""))
        return PlainTextResponse("") if ours else NOBODY
    challenge = params.get("hub.challenge", "")
    if not 0 < len(challenge) <= MAX_CHALLENGE:
        return NOBODY
    lease = params.get("hub.lease_seconds")
    judged = in_transaction(confirm_subscription, token, mode, topic, lease)
    return PlainTextResponse(challenge) if judged.accepted else NOBODY


@router.post("/{token}")
async def receive(token: str, request: Request) -> PlainTextResponse:
    """A hub pushes (WebSub, 7). Of the body only the signature is of use: it is a hint to poll.

    What is not believed is acknowledged like the rest (7.1), so that guessing teaches nothing.
    """
    known = await run_in_threadpool(_find, token)
    if known is None or known.state in {SubscriptionState.wanted, SubscriptionState.denied}:
        return NOBODY
    if known.state != SubscriptionState.active:
        return OVER
    try:
        await _check(known, request)
    except NotificationRejected as refused:
        await run_in_threadpool(
            in_transaction, reject_notification, known, refused.reason, str(refused)
        )
        return PlainTextResponse("", status_code=refused.status)
    await run_in_threadpool(in_transaction, accept_notification, known)
    return PlainTextResponse("", status_code=202)


def _find(token: str) -> KnownSubscription | None:
    return in_transaction(find_subscription, token) if _TOKEN.fullmatch(token) else None


async def _check(known: KnownSubscription, request: Request) -> None:
    """Read a delivery in pieces; raise `NotificationRejected` if it is not to be believed."""
    body = SignedBody(known.secret, request.headers.get("x-hub-signature"))
    try:
        async with asyncio.timeout(BODY_SECONDS):
            await _read(request, body, get_settings().feed_max_bytes)
    except TimeoutError:
        message = f"the body took more than {BODY_SECONDS:g} s"
        raise NotificationRejected("timeout", message, status=408) from None
    except ClientDisconnect:
        raise NotificationRejected("truncated", "the body ended early", status=400) from None
    if not body.is_genuine():
        raise NotificationRejected("bad_signature", "it is not signed with our secret")
    if not _is_topic(known.topic, request.headers.get("link")):
        raise NotificationRejected("wrong_topic", "it is about another feed")


async def _read(request: Request, body: SignedBody, most: int) -> None:
    size = int(request.headers.get("content-length") or 0)  # the server has seen that it is one
    if size <= most:
        size = 0
        async for data in request.stream():
            size += len(data)
            if size > most:
                break
            body.feed(data)
    if size > most:
        raise NotificationRejected("too_large", f"more than {most} bytes are pushed", status=413)


def _is_topic(topic: str, link: str | None) -> bool:
    """Whether the delivery's own link to itself, if any, is the topic of the subscription."""
    found = _SELF.search(link or "")
    if found is None or found[1] == topic:
        return True
    try:
        return feed_url_key(found[1]) == feed_url_key(topic)
    except UrlRefused:
        return False
