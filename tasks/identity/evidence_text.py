"""The evidence of a suggestion in sentences, for pages and commands. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from models.reasons import reason_text


def evidence_sentences(kind: str, evidence: Mapping[str, Any]) -> list[str]:
    """What speaks for a suggestion of a kind; whatever has no sentence is listed by its name."""
    known = {"merge": _merge, "split": _split, "reassign": _reassign}.get(kind, _others)
    try:
        return list(known(evidence))
    except (KeyError, TypeError, ValueError):  # evidence of an earlier version
        return list(_others(evidence))


def _merge(evidence: Mapping[str, Any]) -> Iterator[str]:
    first, second = evidence["names"]
    yield f"The names “{first}” and “{second}” differ only slightly."
    yield "Both speak on the same podcast, and never in the same episode."
    episodes, appearances = evidence["episodes"], evidence["appearances"]
    for name, some, spoken in zip(evidence["names"], episodes, appearances, strict=True):
        yield f"{name}: {_counted(spoken, 'appearance')} in {_counted(some, 'episode')} there."


def _split(evidence: Mapping[str, Any]) -> Iterator[str]:
    language, main = evidence["language"], evidence["main_language"]
    others = f"most other podcasts of this person “{main}”"
    yield f"This podcast declares the language “{language}”, {others}."
    there, elsewhere = evidence["episodes"], evidence["episodes_elsewhere"]
    yield f"{_counted(there, 'episode')} there, {elsewhere:,} elsewhere."


def _reassign(evidence: Mapping[str, Any]) -> Iterator[str]:
    yield f"An operator assigned the label “{evidence['label']}” by its text."
    yield "The transcript has changed, and no speaker has that text any more."


def _others(evidence: Mapping[str, Any]) -> Iterator[str]:
    for name, value in evidence.items():
        if name == "reason":
            yield reason_text(str(value))
        else:
            yield f"{name.replace('_', ' ').capitalize()}: {_plain(value)}."


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_plain, value)) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_plain(one)}" for name, one in value.items()) or "none"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "unknown"}[value]
    return str(value)


def _counted(count: int, unit: str) -> str:
    return f"{count:,} {unit if count == 1 else unit + 's'}"
