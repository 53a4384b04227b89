"""Which episodes a chart is of. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChartScope:
    """Which episodes a chart is of: of podcasts in a language, with a topic; "" is any.

    ``language`` is a primary language subtag (RFC 5646), ``topic`` a slug.
    """

    language: str = ""
    topic: str = ""
