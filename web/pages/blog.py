"""The blog: the archive, issues with their frozen numbers, the operator's posts, an Atom feed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from models import get_settings
from tasks.blog.post_folder import posts
from tasks.blog.posts import Post
from tasks.blog.preview import preview
from tasks.blog.store.issues import StoredIssue, issue, issues
from web.languages.texts import N_
from web.middleware.cache_control import cached_for
from web.presenters.blog import ShownIssue, shown_issue, title_of
from web.read_transaction import snapshot
from web.rendering import base_url, page, render_template

router = APIRouter(include_in_schema=False)
FEED_ENTRIES = 20
Name = Annotated[str, Path(pattern=r"^\d{4}(-w\d{2}|-\d{2})?$")]


@dataclass(frozen=True, slots=True)
class BlogEntry:
    """An issue or a post in the archive and in the feed."""

    href: str
    title: str
    day: date
    kind: str
    summary: str = ""
    updated: datetime | None = None

    @property
    def moment(self) -> str:
        """When it was published (RFC 3339)."""
        moment = self.updated or datetime.combine(self.day, time(), tzinfo=UTC)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@router.get("/blog")
def archive(request: Request) -> HTMLResponse:
    """Everything that was published, the newest first."""
    return page(
        request, "blog.html", here="Blog", entries=_entries(), by_itself=get_settings().blog_digests
    )


@router.get("/blog/feed.atom")
def feed(request: Request) -> Response:
    """The newest issues and posts (RFC 4287)."""
    entries = _entries()[:FEED_ENTRIES]
    updated = max((entry.moment for entry in entries), default="1970-01-01T00:00:00Z")
    text = render_template("blog.atom", entries=entries, base=base_url(request), updated=updated)
    return Response(text.encode("utf-8", "replace"), media_type="application/atom+xml")


@router.get("/blog/posts/{slug}")
def post(request: Request, slug: str) -> HTMLResponse:
    """A post of the operator's."""
    found = _post(slug)
    html = Markup(found.html)  # noqa: S704  nh3 has sanitised it
    return page(request, "blog_post.html", here="Blog", post=found, html=html)


@router.get("/blog/{name}")
def one_issue(request: Request, name: Name) -> HTMLResponse:
    """An issue: its rows as they were published, and its numbers as they are now."""
    shown = _shown(name)
    return page(request, "blog_issue.html", here="Blog", shown=shown, base=base_url(request))


@router.get("/blog/{name}/preview.png")
def picture(name: Name) -> Response:
    """The picture of an issue, for previews of links."""
    shown = _shown(name)
    rows = [row.row for each in shown.sections if each.name == "most_heard" for row in each.rows]
    body = preview(shown.period.title, [(row.name, row.number or 0) for row in rows])
    headers = {"cache-control": cached_for(3600)}
    return Response(body, media_type="image/png", headers=headers)


@router.get("/blog/{name}/{section}/{rank}")
def one_number(
    request: Request,
    name: Name,
    section: Annotated[str, Path(pattern="^[a-z_]{1,20}$")],
    rank: Annotated[int, Path(ge=1, le=100)],
) -> HTMLResponse:
    """What a number of an issue is the sum of."""
    shown = _shown(name)
    row = shown.row(section, rank)
    if row is None:
        raise HTTPException(404)
    text = next(each.text for each in shown.sections if each.name == section)
    return page(
        request, "blog_number.html", here="Blog", shown=shown, section=section, text=text, row=row
    )


def _shown(name: str) -> ShownIssue:
    with snapshot() as session:
        return shown_issue(session, _known(issue(session, name)))


def _known(found: StoredIssue | None) -> StoredIssue:
    if found is None:
        raise HTTPException(404)
    return found


def _post(slug: str) -> Post:
    found, _ = posts(get_settings().blog_posts)
    wanted = next((each for each in found if each.slug == slug), None)
    if wanted is None:
        raise HTTPException(404)
    return wanted


def _entries() -> list[BlogEntry]:
    with snapshot() as session:
        published = issues(session)
    entries = [
        BlogEntry(
            f"/blog/{each.name}",
            title_of(each.name),
            each.ends_on,
            each.period.value,
            updated=each.published_at,
        )
        for each in published
    ]
    written, _ = posts(get_settings().blog_posts)
    entries += [
        BlogEntry(f"/blog/posts/{each.slug}", each.title, each.day, N_("post"), each.summary)
        for each in written
    ]
    return sorted(entries, key=lambda entry: (entry.day, entry.href), reverse=True)
