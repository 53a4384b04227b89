"""Forms are taken from our own pages only: no other site can send one in a reader's name."""

from urllib.parse import urlsplit

from fastapi import HTTPException, Request

from models import get_settings


def same_origin(request: Request) -> None:
    """Answer 403 unless the browser says that the form came from a page of ours.

    Browsers send Origin with every POST. What sends neither it nor Sec-Fetch-Site is refused.
    """
    origin = request.headers.get("origin")
    if origin is None:
        if request.headers.get("sec-fetch-site") == "same-origin":
            return
        raise HTTPException(403)
    ours = {request.headers.get("host", ""), urlsplit(get_settings().public_url or "").netloc}
    if origin == "null" or urlsplit(origin).netloc not in ours - {""}:
        raise HTTPException(403)
