"""Whether a candidate is introduced beside its words: "Dan: I'm Dan", "Thanks, Dan"."""

import re

_SELF = (
    r"\b(?:I['’]m|I am|name['’]s|name is|this is|here is|ich bin|hier ist|je suis|c['’]est|soy|sono"  # noqa: RUF001 - a typographic apostrophe
    r"|(?:eu )?sou|ik ben|jag är|jeg er)[ \n]+(?:\w+[ \n]+)?"
)
_TO_OTHERS = (
    r"\b(?:thanks|thank you|welcome|hi|hey|hello|hallo|danke|merci|bonjour|gracias|hola|grazie|ciao"
    r"|obrigad[oa])(?:,? so much)?[,!]?[ \n]+"
)
_NAME = re.compile(r"[^\W\d_]{2,}")


def is_introduced(label: str, before: str, after: str) -> bool:
    """Whether the words after a label say its name, or those around it address its bearer."""
    names = [re.escape(word) for word in _NAME.findall(label) if not word.islower()]
    if not names:
        return False
    after = after.partition(label)[2]
    name = rf"(?:{'|'.join(names[:4])})\b"
    if re.search(rf"(?i:{_SELF}){name}", after):
        return True
    return re.search(rf"(?i:{_TO_OTHERS}){name}", f"{before}\n{after}") is not None
