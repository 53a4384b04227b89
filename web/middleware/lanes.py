"""Lanes: so many requests of a kind are worked on at once, and a flood of one kind delays no other.

Pages, the API, sign-ins and additions share threads and the connections of the database. Each kind
has a few places and a short queue of its own; beyond, 503 with ``Retry-After`` at once. A request
leaves its place when its response begins: a slow reader holds none.
"""

import asyncio
from dataclasses import dataclass

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.auth.device import has_device_cookie
from web.middleware.refusals import refusal

RETRY_SECONDS = 5

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """A kind of requests: places, how many may wait, for how many seconds, and time between two."""

    name: str
    places: int
    waiting: int = 100
    seconds: float = 8.0
    pause: float = 0.0


PAGES = LaneSpec("pages", 6)
API = LaneSpec("api", 3)
# A search may read for seconds.
SEARCHES = LaneSpec("searches", 3)
# Exports and feeds read much, pictures of quotes are drawn by a processor.
FILES = LaneSpec("files", 2)
PICTURES = LaneSpec("pictures", 1)
OPERATORS = LaneSpec("operators", 2)
# Links are fetched, several at once, each as large as a feed may be.
ADDING = LaneSpec("adding", 1, waiting=20, seconds=20)
# A password costs a processor a tenth of a second, on purpose: one at a time, few in a second.
SIGN_IN = LaneSpec("sign_in", 1, waiting=20, pause=0.25)
KNOWN_DEVICES = LaneSpec("known_devices", 1)
# What programs request that we rely on: hubs, monitors.
PROGRAMS = LaneSpec("programs", 3)
_LANES = (
    PAGES,
    API,
    SEARCHES,
    FILES,
    PICTURES,
    OPERATORS,
    ADDING,
    SIGN_IN,
    KNOWN_DEVICES,
    PROGRAMS,
)

# Answered without the database, or with a bound of their own.
_FREE = ("/static/", "/health/live", "/artwork/")
_FOR_PROGRAMS = ("/health/", "/metrics", "/websub/")
_LANE_OF_FORM = {"/add": ADDING, "/first-account": SIGN_IN}
_FILES = (".csv", ".json", ".xml", ".atom", ".vtt", ".srt", ".txt")


def lane_of(scope: Scope) -> LaneSpec | None:
    """The lane of a request; None for one that needs none."""
    path, posts = scope["path"], scope["method"] == "POST"
    if path.startswith(_FREE):
        return None
    if path.startswith("/api/"):
        return API
    if posts and path == "/sign-in":
        return KNOWN_DEVICES if has_device_cookie(scope) else SIGN_IN
    if posts and path in _LANE_OF_FORM:
        return _LANE_OF_FORM[path]
    if path.startswith(("/operate", "/account")):
        return OPERATORS
    return _reading_lane(path)


def _reading_lane(path: str) -> LaneSpec:
    if path.startswith(_FOR_PROGRAMS):
        return PROGRAMS
    if path.startswith("/search"):
        return SEARCHES
    if path.endswith(".png"):
        return PICTURES
    return FILES if path.endswith(_FILES) else PAGES


class Lane:
    """The places of one lane, and who waits for one."""

    def __init__(self, spec: LaneSpec) -> None:
        self.spec = spec
        self._free = asyncio.Semaphore(spec.places)
        self._waiting = 0

    async def enter(self) -> bool:
        """Take a place; whether there was one in time."""
        if self._waiting >= self.spec.waiting:
            return False
        self._waiting += 1
        try:
            async with asyncio.timeout(self.spec.seconds):
                await self._free.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True

    def leave(self) -> None:
        """Give the place to the next, at once or after the pause."""
        if self.spec.pause:
            asyncio.get_running_loop().call_later(self.spec.pause, self._free.release)
        else:
            self._free.release()


class Lanes:
    """ASGI middleware that lets requests of each kind in, a few at a time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._lanes = {spec: Lane(spec) for spec in _LANES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on when there is a place for it."""
        spec = lane_of(scope) if scope["type"] == "http" else None
        if spec is None:
            await self._app(scope, receive, send)
            return
        lane = self._lanes[spec]
        if not await lane.enter():
            log.warning("request_refused", lane=spec.name)
            busy = "too many requests of this kind: try again in a moment"
            await refusal(scope, 503, busy, retry_after=RETRY_SECONDS)(scope, receive, send)
            return
        place = _LanePlace(lane)
        try:
            await self._app(scope, receive, place.left_by(send))
        finally:
            place.leave()


class _LanePlace:
    """A place in a lane, which is left once."""

    def __init__(self, lane: Lane) -> None:
        self._lane: Lane | None = lane

    def leave(self) -> None:
        lane, self._lane = self._lane, None
        if lane is not None:
            lane.leave()

    def left_by(self, send: Send) -> Send:
        """The same ``send``; the place is left when the response begins."""

        async def leaving(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.leave()
            await send(message)

        return leaving
