"""No regular expression of ours may take more than linear time over the text of strangers."""

import re

import pytest

from tests.unit.expressions import risks, risks_of

# Risky, but never used on a text of more than so many characters.
_BOUNDED = {
    "tasks.speakers.names.label_parser._CUT_TIME": 120,  # MAX_NAME_LABEL
    "tasks.speakers.names.label_parser._DASH": 120,
    "tasks.speakers.names.label_parser._TIME": 120,
    "tasks.transcripts.labels.paragraph_start._ENDS_IN_TIME": 100,  # what is emphasised
    "tasks.transcripts.labels.validity._ASIDE": 200,  # MAX_LABEL
    "tasks.transcripts.labels.validity._WORD": 200,
    "web.websub._SELF": 65_536,  # a Link header; its parts are disjoint by "<" and ";"
}


def test_no_expression_takes_more_than_linear_time() -> None:
    found = {f"{risk.module}.{risk.name}": risk.why for risk in risks()}
    assert {name: why for name, why in found.items() if name not in _BOUNDED} == {}
    assert _BOUNDED.keys() <= found.keys()  # none is listed that is harmless


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("^(a+)*b", {"nested"}),
        ("^(?:a|b+)*c", {"nested"}),
        (r"^([^ ]+\.)+x", {"nested"}),
        (r"^\s*,?\s*x", {"overlapping"}),
        ("^.*,.*,x", {"overlapping"}),
        (r"\s+#", {"leading"}),
        (r"(?<!\s)\s++#", set()),
        (r"^\s*+,?\s*+x", set()),
        (r"^([^.]+\.)+x", set()),
        ("^(?:ab+)*c", set()),
        ("^a{0,50}a{0,50}b", set()),
        (r"\w+", set()),
    ],
)
def test_risky_shapes_are_found(pattern: str, why: set[str]) -> None:
    assert risks_of(re.compile(pattern), searched=True) == why
