"""How labels were resolved to names, in words for pages and explanations."""

METHOD_TEXTS = {
    "full_name": "full name",
    "first_name": "first name",
    "surname": "surname",
    "part_of_name": "part of the name",
    "initials": "initials",
    "same_name": "same name, spelled differently",
    "nickname": "nickname",
    "variant": "spelling variant",
    "misspelt": "misspelt name",
    "in_show": "as in other episodes",
    "own_words": "introduces themselves",
    "called": "called by this name",
    "role": "the only person with this role",
    "last_voice": "the only candidate left",
    "unresolved": "not resolved",
}


def method_text(method: str) -> str:
    """The method in plain words; one of an older version as it is."""
    return METHOD_TEXTS.get(method, method.replace("_", " "))
