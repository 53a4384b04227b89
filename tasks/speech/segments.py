"""Cut words into segments: at changes of the speaker, at pauses and at ends of sentences; pure."""

from collections.abc import Iterable, Iterator, Sequence

from tasks.speech.values import ENDS_A_SENTENCE, UNKNOWN_SPEAKER, SpokenWord
from tasks.transcripts.values import Segment

# A pause so long ends a segment; so does the end of a sentence, unless it is a short one. So
# segments are about as long as the cues of captions.
_PAUSE_MS = 2_000
_SENTENCE_MS = 1_500
# No segment is longer, even if nobody takes a breath.
_LONGEST_MS = 60_000


def segment_runs(words: Iterable[SpokenWord]) -> Iterator[list[SpokenWord]]:
    """The words of each segment."""
    run: list[SpokenWord] = []
    for one in words:
        if run and _ends_before(run, one):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _ends_before(run: Sequence[SpokenWord], following: SpokenWord) -> bool:
    first, last = run[0], run[-1]
    length = last.word.end_ms - first.word.start_ms
    return (
        last.speaker != following.speaker
        or following.word.start_ms - last.word.end_ms > _PAUSE_MS
        or (length >= _SENTENCE_MS and last.word.text.endswith(ENDS_A_SENTENCE))
        or length >= _LONGEST_MS
    )


def segment_of(run: Sequence[SpokenWord], labels: dict[int, str]) -> Segment:
    """The segment of these words."""
    text = "".join(one.word.text for one in run).strip()
    label = labels.get(run[0].speaker, "")
    return Segment(label, text, run[0].word.start_ms, run[-1].word.end_ms)


def numbered_labels(words: Iterable[SpokenWord]) -> dict[int, str]:
    """A label for each speaker, numbered in the order in which they begin to speak."""
    speakers = dict.fromkeys(one.speaker for one in words if one.speaker != UNKNOWN_SPEAKER)
    return {speaker: f"Speaker {number}" for number, speaker in enumerate(speakers, start=1)}
