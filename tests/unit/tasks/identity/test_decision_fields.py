"""The fields of identity decisions are checked before anything is stored."""

from typing import Any

import pytest

from tasks.identity.decisions import DECISIONS, check_fields
from tasks.speakers.decisions import DecisionRefused


@pytest.mark.parametrize(
    ("kind", "fields", "reason"),
    [
        ("no_such_kind", {}, "field_missing"),
        ("merge", {"person_id": 1}, "field_missing"),
        ("assign", {"person_id": 1, "label": "Host"}, "field_missing"),
        ("release", {}, "field_missing"),
        ("quarantine", {"person_id": 1, "label": "Host"}, "field_missing"),
        ("split", {"person_id": 1, "name": "Ann"}, "no_scope"),
        ("split", {"person_id": 1, "name": "Ann", "podcast_id": 1, "episode_id": 2}, "no_scope"),
        ("split", {"person_id": 1, "name": " ", "podcast_id": 1}, "no_name"),
    ],
)
def test_decision_with_wrong_fields_is_refused(
    kind: str, fields: dict[str, Any], reason: str
) -> None:
    with pytest.raises(DecisionRefused) as refusal:
        check_fields(kind, fields)
    assert refusal.value.reason == reason


def test_decision_with_unknown_field_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="suppress takes no label"):
        check_fields("suppress", {"person_id": 1, "label": "Host"})


@pytest.mark.parametrize("kind", DECISIONS)
def test_decision_with_required_fields_is_accepted(kind: str) -> None:
    spec = DECISIONS[kind]
    fields = dict.fromkeys(spec.required, "1") | dict.fromkeys(spec.one_of[:1], "1")
    check_fields(kind, fields)
