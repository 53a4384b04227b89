"""Whether a candidate is introduced beside its words: "Dan: I'm Dan", "Thanks, Dan"."""

import re
from collections.abc import Iterable, Sequence

_SELF = re.compile(
    r"(?i)\b(?:I['’]m|I am|name['’]s|name is|this is|here is|ich bin|hier ist|je suis|c['’]est|soy"  # noqa: RUF001 - a typographic apostrophe
    r"|sono|sou|ik ben|jag är|jeg er)[ \n]+([^\W\d_]+)(?:[ \n]+([^\W\d_]+))?"
)
_TO_OTHERS = re.compile(
    r"(?i)\b(?:thanks|thank you|welcome|hi|hey|hello|hallo|danke|merci|bonjour|gracias|hola|grazie"
    r"|ciao|obrigad[oa])(?:,? so much)?[,!]?[ \n]+([^\W\d_]+)"
)
_NAME = re.compile(r"[^\W\d_]{2,}")
# Where an introduction is searched: units before and after, and characters.
_UNITS, _CHARACTERS = 24, 600


def is_introduced(label: str, texts: Sequence[str], unit: int) -> bool:
    """Whether the words after a label say its name, or those around it address its bearer.

    Args:
        label: the candidate.
        texts: the units of the document.
        unit: the index of the one that begins with the label.
    """
    names = {word for word in _NAME.findall(label) if not word.islower()}
    if not names:
        return False
    after = _joined(texts[unit : unit + _UNITS]).partition(label)[2]
    if any(names.intersection(found) for found in _SELF.findall(after)):
        return True
    before = _joined(text[-_CHARACTERS:] for text in texts[max(0, unit - _UNITS) : unit][::-1])
    if names.intersection(_TO_OTHERS.findall(f"{before}\n{after}")):
        return True
    return len(names) > 1 and _is_spoken(label, before)


def names_its_speaker(label: str, text: str) -> bool:
    """Whether a text names one who does not introduce themselves in it, as a narrator does."""
    names = {word for word in _NAME.findall(label) if not word.islower()}
    if label.isupper():
        names = {word.capitalize() for word in names}
    if not any(name in text for name in names) or names.isdisjoint(_NAME.findall(text)):
        return False
    return not any(names.intersection(found) for found in _SELF.findall(text))


def _is_spoken(label: str, before: str) -> bool:
    """Whether a full name occurs right before, as in "Bo Sample lives in a lighthouse."."""
    if label.isupper():
        label, before = label.casefold(), before.casefold()
    return re.search(rf"(?<!\w){re.escape(label)}(?![\w:])", before) is not None


def _joined(texts: Iterable[str]) -> str:
    """The texts, up to the number of characters that are searched."""
    parts, length = [], 0
    for text in texts:
        parts.append(text[: _CHARACTERS - length])
        length += len(text)
        if length >= _CHARACTERS:
            break
    return "\n".join(parts)
