"""Evidence of suggestions is read as sentences."""

import pytest

from tasks.identity.evidence_text import evidence_sentences


def test_evidence_of_a_merge_names_both_and_their_counts() -> None:
    evidence = {
        "names": ["Ann Smith", "Anne Smith"],
        "podcast_id": 1,
        "episodes": [2, 1],
        "appearances": [1200, 1],
    }
    assert evidence_sentences("merge", evidence) == [
        "The names “Ann Smith” and “Anne Smith” differ only slightly.",
        "Both speak on the same podcast, and never in the same episode.",
        "Ann Smith: 1,200 appearances in 2 episodes there.",
        "Anne Smith: 1 appearance in 1 episode there.",
    ]


@pytest.mark.parametrize("kind", ["merge", "split", "reassign", "merge_podcasts", "another"])
@pytest.mark.parametrize(
    "evidence", [{}, {"names": [["a", None], {"b": True}]}, {"reason": "short_clips", "left": 1}]
)
def test_evidence_is_never_shown_as_python(kind: str, evidence: dict[str, object]) -> None:
    text = " ".join(evidence_sentences(kind, evidence))
    assert not set(text) & set("[]{}'_")
    assert "None" not in text
    assert "True" not in text
