"""The decision which candidates of a document are labels, by the document's structure."""

import pytest

from tasks.transcripts.parse import parse_transcript

QUESTIONS = ["What burned?", "And then?", "Who knew?", "How long?", "Why there?", "Any rain?"]
ANSWERS = ["The shed.", "Nothing did.", "All of us.", "A week.", "It was dry.", "No rain at all."]
TURNS = [
    f"{name}: {text}"
    for one, two in zip(QUESTIONS, ANSWERS, strict=True)
    for name, text in (("Ada Example", one), ("Bo Sample", two))
]
TALK = [
    (name, text)
    for one, two in zip(QUESTIONS, ANSWERS, strict=True)
    for name, text in (("Ada Example", one), ("Bo Sample", two))
]


def labelled(text: str) -> list[tuple[str, str]]:
    return [(s.label, s.text) for s in parse_transcript(text.encode()).segments]


def reasons(text: str) -> dict[str, tuple[bool, str]]:
    candidates = parse_transcript(text.encode()).candidates
    return {one.label: (one.accepted, one.reason) for one in candidates}


def with_lines(*lines: str, at: int = 6) -> str:
    return "\n\n".join([*TURNS[:at], *lines, *TURNS[at:]])


def test_heading_in_a_labelled_talk_takes_no_turn() -> None:
    found = labelled(with_lines("Open Points:", "Sheds and rain."))
    assert found == [*TALK[:6], ("", "Open Points:"), ("", "Sheds and rain."), *TALK[6:]]


def test_refused_label_ends_the_turn_before_it() -> None:
    found = labelled(with_lines("Cy Third: Me, too.", "I said so."))
    assert ("", "Cy Third: Me, too.") in found
    assert ("", "I said so.") in found


def test_prose_with_a_colon_ends_no_turn() -> None:
    found = labelled(with_lines("The point is: it burned."))
    assert found == [*TALK[:6], ("Bo Sample", "The point is: it burned."), *TALK[6:]]


def test_bold_line_among_bold_labels_is_a_heading() -> None:
    bold = [f"**{turn.replace(': ', ':** ', 1)}" for turn in TURNS]
    text = "\n\n".join([*bold[:6], "**Open Points:**", "Sheds and rain.", *bold[6:]])
    assert reasons(text)["Open Points"] == (False, "heading")
    assert [turn for turn in labelled(text) if turn[0]] == TALK


def test_label_that_others_introduce_is_accepted() -> None:
    lines = "Ada Example: Welcome, Cy.", "Cy Third: Thank you.", "Ada Example: So?"
    assert ("Cy Third", "Thank you.") in labelled(with_lines(*lines))


@pytest.mark.parametrize("label", ["Cy Third", "CY THIRD"])
def test_full_name_spoken_right_before_introduces_a_label(label: str) -> None:
    lines = "Ada Example: Then Cy Third saw it.", f"{label}: It burned.", "Ada Example: So?"
    assert (label, "It burned.") in labelled(with_lines(*lines))


def test_unnamed_people_who_are_numbered_count_as_one() -> None:
    lines = "Unidentified Person #1: It was hot.", "Unidentified Person #2: And loud."
    assert ("Unidentified Person #2", "And loud.") in labelled(with_lines(*lines))


def test_verse_inside_a_turn_is_no_label() -> None:
    lines = "Ruth 1:16: Whither thou goest.", "Ruth 1:17: Where thou diest."
    assert {label for label, _ in labelled(with_lines(*lines))} <= {"Ada Example", "Bo Sample", ""}


def test_words_between_the_marks_of_an_advertisement_are_nobodys() -> None:
    marks = "[ADVERTISEMENT]", "Brightkettle makes tea.", "[END ADVERTISEMENT]"
    found = labelled(with_lines(*marks, "And so on."))
    assert ("", marks[1]) in found
    assert labelled(with_lines(marks[0], "And so on."))[7] == ("Bo Sample", "And so on.")


def test_label_misspelt_once_is_accepted() -> None:
    turns = [*TURNS[:5], TURNS[5].replace("Sample", "Smaple"), *TURNS[6:]]
    assert labelled("\n\n".join(turns))[5] == ("Bo Smaple", TALK[5][1])


def test_index_after_the_talk_is_nobodys() -> None:
    found = labelled(with_lines("[END OF TALK]", "Sheds, 3, 17", at=12))
    assert found == [*TALK, ("", "[END OF TALK]"), ("", "Sheds, 3, 17")]


@pytest.mark.parametrize(
    "end", ["[END OF TALK]", "## Comments", "CREDITS", "Copyright \u00a9 2031 Sheds"]
)
def test_end_of_a_talk_with_long_turns_is_seen(end: str) -> None:
    last = "It was a nice show, and everybody heard it."
    found = labelled("\n\n".join([*TURNS[:6], "And so on.", *TURNS[6:], end, last]))
    assert found[6] == ("Bo Sample", "And so on.")
    assert found[-1] == ("", last)


def test_line_of_a_program_after_the_talk_is_no_speech() -> None:
    assert labelled(with_lines("Transcribed by https://example.org", at=12)) == TALK


def test_numbered_speakers_count_as_one() -> None:
    texts = "(speaker 0) So.", "(speaker 0) Then?", "(speaker 1) Yes.", "(speaker ?) Hm."
    cues = (f"00:00:0{i},000 --> 00:00:0{i},900\n{text}\n" for i, text in enumerate(texts))
    labels = ["speaker 0", "speaker 0", "speaker 1", "speaker ?"]
    assert [label for label, _ in labelled("\n".join(cues))] == labels


def test_full_name_beside_its_initials_is_a_label() -> None:
    turns = [turn.replace("Ada Example", "AE").replace("Bo Sample", "BS") for turn in TURNS]
    assert labelled("\n\n".join(["Ada Example: Hello.", *turns]))[0] == ("Ada Example", "Hello.")


def test_every_candidate_has_a_reason() -> None:
    text = with_lines("The point is: it burned.", "Cy Third: Me, too.", "Contents:")
    assert reasons(f"Panel: Ada, Bo\n\n{text}") == {
        "Panel": (False, "outside_talk"),
        "Ada Example": (True, "takes_turns"),
        "Bo Sample": (True, "takes_turns"),
        "The point is": (False, "prose"),
        "Cy Third": (False, "rare_label"),
        "Contents": (False, "heading"),
    }


MONOLOGUE = [f"The shed burned on day {day}, and nobody knew why." for day in range(40)]


@pytest.mark.parametrize("phrase", ["Big Shed", "Question", "**Mailing List:**", "**Plot Twist**"])
def test_phrase_in_a_monologue_is_no_label(phrase: str) -> None:
    start = phrase if phrase.endswith("**") else f"{phrase}:"
    lines = [*MONOLOGUE[:10], f"{start} it rained.", *MONOLOGUE[10:30], f"{start} it was dry."]
    assert {label for label, _ in labelled("\n\n".join([*lines, *MONOLOGUE[30:]]))} == {""}


NAMES = [
    "Both", "E", "Sunday", "Mas", "d'Example", "al-Sample", "मीरा उदाहरण", "例の人", "roasbeef",
    "Ada Sample (she/her)", "Ada / Cy", 'Ada "Ex" Sample', "🎙️ Ada", "the host", "שָׂרָה",
]  # fmt: skip
SHAPES = [
    "**{}** {}", "{} - {}", "{} \u2014 {}", "<{}> {}", "<p><b>{}</b> {}</p>",
    "[{}] {}", "({}) {}", "{}\n{}", "{}\n\n{}", "## {}\n\n{}", "**{}**\n{}", "0:07 - {}\n{}",
    "[0:07] - {}\n{}", "**[0:07] {}:** {}", "<h3>{}</h3><p>{}</p>",
    "<dl><dt>{}</dt><dd>{}</dd></dl>", "<p><strong>{}</strong><br>{}</p>",
    "{}\n0 minutes 7 seconds\n{}", "0:00:07: {}: {}", "12:07 {}: {}", "{}:{}", "**{}.-** {}",
    "<div>{}</div><div>0:07</div><div>{}</div>",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_name_of_any_letters_that_takes_turns_is_a_label(name: str) -> None:
    text = "\n\n".join(TURNS).replace("Bo Sample", name)
    assert {label for label, _ in labelled(text)} == {"Ada Example", name}


@pytest.mark.parametrize("shape", SHAPES)
def test_opening_without_a_colon_is_a_label(shape: str) -> None:
    text = "\n\n".join(shape.format(*turn) for turn in TALK)
    assert labelled(text) == TALK


def test_dash_after_a_label_goes_before_a_colon_in_speech() -> None:
    talk = [(name, f"{text} She said it thrice: {text}") for name, text in TALK]
    assert labelled("\n\n".join(f"{name} \u2013 {text}" for name, text in talk)) == talk


def test_narration_between_quoted_turns_is_nobodys() -> None:
    quotes = [f"<blockquote><p><b>{who}:</b> {text}</p></blockquote>" for who, text in TALK]
    quotes[2:2] = ["<p>That was Bo Sample.</p>", "<blockquote>It burned.</blockquote>"]
    narrated = [*TALK[:2], ("", "That was Bo Sample."), ("", "It burned."), *TALK[2:]]
    assert labelled("".join(quotes)) == narrated
    plain = [f"<p><b>{who}:</b> {text}</p>" for who, text in TALK]
    read_aloud = labelled("".join([*plain[:2], quotes[3], "<p>Yes.</p>", *plain[2:]]))
    assert read_aloud[2:4] == [("Bo Sample", "It burned."), ("Bo Sample", "Yes.")]


CUES = [
    "Ada Example:\nWhat burned?", "Bo Sample: The shed.\nAda Example: And then?",
    "Bo Sample: Nothing.", "- Who knew?\n- All did.", "Ada Example: How long?",
    "It rained, then\nBo Sample: a week.", ">> Why there?",
]  # fmt: skip


def test_lines_of_a_cue_have_their_own_label() -> None:
    body = "".join(f"00:00:0{i},000 --> 00:00:0{i},900\n{text}\n\n" for i, text in enumerate(CUES))
    assert labelled(body) == [
        ("Ada Example", "What burned?"),
        ("Bo Sample", "The shed."),
        ("Ada Example", "And then?"),
        ("Bo Sample", "Nothing."),
        ("", "Who knew?"),
        ("", "All did."),
        ("Ada Example", "How long?"),
        ("Ada Example", "It rained, then"),
        ("Bo Sample", "a week."),
        ("", "Why there?"),
    ]


def test_cue_with_two_speakers_has_no_ends() -> None:
    body = "".join(f"00:00:0{i},000 --> 00:00:0{i},900\n{text}\n\n" for i, text in enumerate(CUES))
    assert [s.end_ms for s in parse_transcript(body.encode()).segments][:3] == [900, None, None]


def test_full_names_before_their_initials_are_labels() -> None:
    first = ["Ada Example: The motion?", "Bo Sample-Roe: It stays.", "Cy Third: It goes."]
    turns = [
        f"{one}: {text}" for one, text in zip(["A.E.", "B.S.-R.", "C.T."] * 2, ANSWERS, strict=True)
    ]
    found = labelled("\n\n".join([*first, *turns]))
    assert [label for label, _ in found][:4] == ["Ada Example", "Bo Sample-Roe", "Cy Third", "A.E."]
