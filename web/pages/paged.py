"""Lists in pages: where a page begins, and how many of the rows behind that are shown.

A page begins after a cursor (``after``). ``from`` is the number of its first row, which the page
before knew. ``show`` grows while a reader loads more below (see more.js), so that the same rows are
shown when they come back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Query, Request

from web.rendering import with_query

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class ListPage:
    """Which rows a request is for; a page that grew to ``most`` rows is followed by a new one."""

    request: Request
    first: int
    rows: int
    most: int

    @property
    def limit(self) -> int:
        """How many rows to read: one more shows that there are more."""
        return self.rows + 1

    def shown(self, found: Sequence[Row]) -> Sequence[Row]:
        """The rows of the page."""
        return found[: self.rows]

    def more(self, found: Sequence[Row], cursor: Callable[[Row], object]) -> str | None:
        """The address of the next page, if there is more."""
        if len(found) <= self.rows:
            return None
        return self.after(cursor(found[self.rows - 1]))

    def after(self, cursor: object) -> str:
        """The address of the page after a cursor."""
        return with_query(
            self.request.url, after=str(cursor), **{"from": str(self.first + self.rows)}
        )


def list_page(rows: int, pages: int = 8) -> Callable[..., ListPage]:
    """The dependency for a list of so many rows on a page, of which some may be loaded at once."""

    def of_request(
        request: Request,
        first: Annotated[int, Query(alias="from", ge=1, lt=2**31)] = 1,
        show: Annotated[int, Query(ge=1, lt=2**31)] = rows,
    ) -> ListPage:
        most = rows * pages
        return ListPage(request, first, min(max(show, rows), most), most)

    return of_request
