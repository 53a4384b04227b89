"""Documents of two speakers in many shapes, for tests of labels."""

from tasks.transcripts.parse import parse_transcript

FIRST = "Dora Vane"
SECOND = "Emil Karst"
_QUESTIONS = ["Who built it?", "And the roof?", "How high?", "When?", "Did it hold?", "Why so?"]
_ANSWERS = ["My aunt did.", "It came later.", "Nine feet.", "One May.", "It did.", "Good oak."]
TALK = [
    turn
    for question, answer in zip(_QUESTIONS, _ANSWERS, strict=True)
    for turn in ((FIRST, question), (SECOND, answer))
]
SHAPES = {
    "bare": "{name}: {text}",
    "bold": "**{name}:** {text}",
    "boxed": "{name} (00:00:{second:02}): {text}",
    "line": "{name} 00:00:{second:02}\n{text}",
    "first": "[00:00:{second:02}] {name}: {text}",
    "html": "<p><strong>{name}:</strong> {text}</p>",
    "srt": "{second}\n00:00:{second:02},000 --> 00:00:{second:02},900\n{name}: {text}",
}


def turns_as(shape: str, talk: list[tuple[str, str]]) -> list[str]:
    """The turns of a talk in one shape."""
    return [
        SHAPES[shape].format(name=name, text=text, second=second)
        for second, (name, text) in enumerate(talk, 1)
    ]


def renamed(name: str) -> list[tuple[str, str]]:
    """The talk with another name for the second speaker."""
    return [(name if label == SECOND else label, text) for label, text in TALK]


def labels_and_texts(blocks: list[str]) -> list[tuple[str, str]]:
    """What the parser makes of blocks of text."""
    return [(s.label, s.text) for s in parse_transcript("\n\n".join(blocks).encode()).segments]


def is_label(name: str) -> bool:
    """Whether a name is read as the label of its six turns, in every shape."""
    for shape in SHAPES:
        found = [label for label, _ in labels_and_texts(turns_as(shape, renamed(name)))]
        other = set(found) - {FIRST}
        if found.count(FIRST) != len(_QUESTIONS) or len(other) != 1 or "" in other:
            return False
    return True


def heading_documents(heading: str) -> list[list[str]]:
    """The talk with a heading in five places."""
    bare, bold = turns_as("bare", TALK), turns_as("bold", TALK)
    notes = ["On oak, and what an aunt can do.", "Two books about roofs."]
    return [
        [f"{heading}:", *notes, *bare],
        [*bare[:6], f"{heading}: {notes[0]}", notes[1], *bare[6:]],
        [*bare, f"{heading}:", *notes],
        [f"**{heading}:**", *notes, *bold],
        [*bold, f"**{heading}:** {notes[0]}", notes[1]],
    ]


def is_no_speaker(heading: str) -> bool:
    """Whether a heading takes no turn, in five places of a talk."""
    documents = heading_documents(heading)
    return all(_keeps_the_talk(labels_and_texts(document)) for document in documents)


def _keeps_the_talk(found: list[tuple[str, str]]) -> bool:
    rest = iter(found)
    in_order = all(any(turn == one for one in rest) for turn in TALK)
    return in_order and {label for label, _ in found} <= {FIRST, SECOND, ""}
