"""Pictures on their way to readers, who may read slowly: in pieces, and so many bytes in all."""

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

# Bodies of all pictures that are being sent; each stays in memory until its reader has it.
MAX_BYTES_SENT = 60_000_000
_PIECE = 65_536


class _Sending:
    """How many bytes are in memory for readers now."""

    size = 0


class Picture(Response):
    """A picture; 503 when too much is on its way to others."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the picture piece by piece, so that little of it is in memory twice."""
        size = len(self.body)
        if _Sending.size + size > MAX_BYTES_SENT:
            busy = PlainTextResponse("busy", status_code=503, headers={"retry-after": "5"})
            await busy(scope, receive, send)
            return
        _Sending.size += size
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            for at in range(0, size, _PIECE):
                piece = bytes(self.body[at : at + _PIECE])
                more = at + _PIECE < size
                await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            _Sending.size -= size
