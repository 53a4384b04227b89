"""The form of the API's change feed."""

from pydantic import Field

from web.api.shapes import Shape


class ApiChange(Shape):
    """An episode, person or podcast that was added, changed or removed."""

    kind: str = Field(examples=["episode"])
    id: int
    version: int = Field(description="Increases with every change.")
    removed: bool = Field(description="It was deleted, or is not visible any more.")
    path: str | None = Field(examples=["/api/v1/episodes/17"])


class Changes(Shape):
    """Changes in order; each subject once, at its newest version."""

    items: list[ApiChange]
    next: str = Field(description="Pass it as `since`, now or later.")
    more: bool = Field(description="Whether more changes are available now.")
