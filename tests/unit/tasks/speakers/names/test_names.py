"""Names in labels: their keys, their display forms, and labels without a name."""

# ruff: noqa: RUF001 - these tests are about confusable letters

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.names.display_name import better_display
from tasks.speakers.names.names import read_name, slug_of
from tasks.speakers.names.unicode_fold import fold

# What people put around names, so that random labels exercise the rules.
PIECES = """
    Jane Doe Dr. Prof PhD Psy.D MD Jr. III Host: (host) [guest] - – , and & / 00:12 (00:12 00 de
    la van der O'Brien O’Neil Löh Łukasz J. R. J.R. Jean-Luc 🎙️ ＪＡＮＥ Iван 李 明 İ ß ŉ ﬁ µa ʿAbd
    Ｄｒ． “Bill” 0xB10C @jane_d ᰀ<Aµ ... ' - |
"""
LABELS = st.lists(st.one_of(st.sampled_from(PIECES.split()), st.text(max_size=6)), max_size=6).map(
    " ".join
)


def key(label: str) -> str:
    name = read_name(label)
    assert name is not None, label
    return name.key


def display(label: str) -> str:
    name = read_name(label)
    assert name is not None, label
    return name.display


@pytest.mark.parametrize(
    "forms",
    [
        ["Andrés Löh", "Andres Loh", "ANDRES LOH", "andrés löh", "Andre\u0301s Lo\u0308h"],
        ["Łukasz Đorđević", "Lukasz Dordevic", "ŁUKASZ ĐORĐEVIĆ"],
        ["Søren Ærø", "Soren Aero", "SØREN ÆRØ"],
        ["Anna Groß", "Anna Gross", "ANNA GROSS"],
        ["Debbie O'Brien", "Debbie O’Brien", "Debbie OBrien", "debbie o`brien"],
        ["Jean-Luc Roy", "Jean Luc Roy", "Jean‐Luc Roy"],
        ["J.R. Smith", "J. R. Smith", "JR Smith", "J R Smith"],
        ["Mireille Reece, PsyD", "Mireille Reece, Psy.D", "Mireille Reece", "Dr. Mireille Reece"],
        ["Jane Doe, M.D., Ph. D.", "Prof. Dr. Jane Doe", "Jane Doe PhD", "Jane Doe, MD PhD"],
        ["Jane Doe", "Host: Jane Doe", "Jane Doe (00:12)", "Jane Doe - GUEST", "Jane Doe (host)"],
        ["Jane Doe", "Jane Doe [guest]", "Jane Doe, Host", "00:01:02 Jane Doe", "Jane Doe – 00"],
        ["Jane Doe", "Jane Doe (she/her)", "Jane Doe, CEO of Things", "Jane Doe | Producer"],
        [
            "Jane Doe",
            "🎙️ Jane Doe 👩🏽‍💻",
            "  Jane\u00a0\u200b  Doe ",
            "Ｊａｎｅ　Ｄｏｅ",
            "Jаne Dое",
        ],
        ["Jane Doe", "Jane “JD” Doe", "Jane (JD) Doe", "Jane Doe [1", "(Jane Doe)"],
        ["ʿAbd al-Rahman Qasim", "Abd al-Rahman Qasim", "ʻAbd al-Raḥmān Qāsim"],
        ["Артём Волков", "АРТЕМ ВОЛКОВ"],
        ["मीना शर्मा", "मीना शर्मा (host)"],
        ["John Smith, Jr.", "John Smith Jr", "John Smith JR."],
    ],
    ids=lambda forms: forms[0],
)
def test_forms_of_one_name_have_one_key(forms: list[str]) -> None:
    assert {key(form) for form in forms} == {key(forms[0])}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mireille B. Reece", "Mireille Reece"),
        ("John Smith Jr.", "John Smith Sr."),
        ("John Smith III", "John Smith II"),
        ("Ludwig van Beek", "Ludwig Beek"),
        ("Jean-Luc Roy", "Jeanluc Roy"),
        ("李明", "李朋"),
        ("がくと", "かくと"),
        ("मीना", "मन"),
        ("Иван Роу", "Ivan Rou"),
        ("0xB10C", "0xB10D"),
    ],
)
def test_names_of_two_people_have_two_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


@pytest.mark.parametrize(
    "label",
    [
        *("Niklas and 0xB10C", "Jane & John", "All", "Both", "Xe, Ypsilon and Zed", "Jane/John"),
        *("Jane Doe, John Roe", "Anna und Otto", "Jane + John", "Doe, Jane"),
        *("", "   ", "🎵", "00:12", "Host", "Guest:", "12", "...", "Jane Doe - John Roe"),
        "a" * 121,
    ],
)
def test_label_without_exactly_one_name_has_no_name(label: str) -> None:
    assert read_name(label) is None


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("JEROD SANTO", "Jerod Santo"),
        ("debbie o'brien-mcquaid", "Debbie O'Brien-McQuaid"),
        ("LUDWIG VAN DER BERG III", "Ludwig van der Berg III"),
        ("van morrison", "Van Morrison"),
        ("DJ SHADOW", "DJ Shadow"),
        ("Drew DeVault", "Drew DeVault"),
        ("Dr. Dawn Foster", "Dawn Foster"),
        ("Elisha Goldstein, PhD", "Elisha Goldstein"),
        ("Daniel J. Barrett", "Daniel J. Barrett"),
        ("John Smith, Jr.", "John Smith Jr."),
        ("✨Andrés Löh✨ (HOST)", "Andrés Löh"),
        ("Jack Ma", "Jack Ma"),
        ("मीना शर्मा 🎙", "मीना शर्मा"),
        ("Mаrk Lee", "Mark Lee"),
        ("Don MacKinnon", "Don MacKinnon"),
        ("James O’Beirne", "James O'Beirne"),
    ],
)
def test_display_name_is_the_bare_name_with_capitals(label: str, shown: str) -> None:
    assert display(label) == shown


@pytest.mark.parametrize(("label", "words"), [("Jane", 1), ("Jane Doe 2", 2), ("C. S. Lewis", 2)])
def test_words_without_a_letter_are_not_counted(label: str, words: int) -> None:
    name = read_name(label)
    assert name is not None
    assert name.words == words


@given(LABELS)
def test_display_name_reads_as_the_same_name(label: str) -> None:
    if name := read_name(label):
        assert read_name(name.display) == name


@given(LABELS)
def test_key_has_only_letters_digits_and_single_spaces(label: str) -> None:
    if name := read_name(label):
        assert all(word for word in name.key.split(" "))
        kinds = {unicodedata.category(c)[0] for c in name.key.replace(" ", "")}
        assert kinds <= {"L", "M", "N"}
        assert name.words >= 1


LATIN = st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F, exclude_characters="µ")
NAMES = st.lists(
    st.text(LATIN, min_size=2, max_size=9),
    min_size=2,
    max_size=4,
).map(" ".join)


@given(NAMES)
def test_case_does_not_matter(label: str) -> None:
    assert read_name(label.upper()) is None or key(label.upper()) == key(label.lower())
    assert fold(label.upper()) == fold(label.lower()) == fold(label)


@given(NAMES)
def test_accents_do_not_matter(label: str) -> None:
    decomposed = unicodedata.normalize("NFD", label)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    assert fold(bare) == fold(label) == fold(decomposed)


def test_folding_is_idempotent_for_every_code_point() -> None:
    once = fold(" ".join(map(chr, range(sys.maxunicode + 1))))
    twice = fold(once)
    assert [
        pair for pair in zip(once.split(" "), twice.split(" "), strict=True) if len({*pair}) > 1
    ] == []


@given(st.sets(LABELS.map(read_name).map(lambda name: name.key if name else "x"), max_size=9))
def test_different_keys_have_different_slugs(keys: set[str]) -> None:
    assert len({slug_of(key) for key in keys}) == len(keys)
    assert not any(" " in slug_of(key) for key in keys)


def test_slugs_have_letters_of_every_script() -> None:
    assert slug_of(key("Артём Волков")) == "артем-волков"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Andres Löh", "Andres Loh"),
        ("Jane Doe", "JANE DOE"),
        ("Jane Doe", "jane doe"),
        ("Mike McQuaid", "Mike Mcquaid"),
        ("Debbie O'Brien", "Debbie Obrien"),
        ("Lloyd Lee", "LLoyd Lee"),
        ("AJ Towns", "Aj Towns"),
        ("Rico de la Torre", "Rico De La Torre"),
        ("James Cook", "James cook"),
        ("Jean-Luc Roy", "Jean Luc Roy"),
    ],
)
def test_better_display_does_not_depend_on_argument_order(better: str, worse: str) -> None:
    assert better_display(better, worse) == better_display(worse, better) == better


FORMS = st.one_of(LABELS, st.sampled_from(["Ada Löh", "Ada Loh", "ADA LOH", "ada löh", "Ada-Loh"]))


@given(FORMS, FORMS, FORMS)
def test_better_display_is_commutative_and_associative(a: str, b: str, c: str) -> None:
    assert better_display(a, a) == a
    assert better_display(a, b) == better_display(b, a)
    assert better_display(better_display(a, b), c) == better_display(a, better_display(b, c))
