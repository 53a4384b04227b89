"""The decision who speaks on an episode, label by label, from all that is known of it; pure.

Precision before recall: a name is given when exactly one candidate fits, else the speaker stays
unknown. A candidate never becomes a speaker without a voice.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from tasks.people.alone import decide
from tasks.people.candidates import as_known, candidates_of, guests, said_of_voice, welcomed
from tasks.people.fitting import how_it_fits, is_misspelt_name, shorter_forms
from tasks.people.forms import Form, forms_of, is_handle, is_numbered
from tasks.people.names import read_name
from tasks.people.values import Candidate, Decision, EpisodeContext, Introduction, Name

# Raise it whenever a label may be decided differently: speakers are then decided again.
MATCHER_VERSION = 2

_CONFIDENCE = {
    "same_name": 0.85,
    "initials": 0.85,
    "first_name": 0.85,
    "surname": 0.85,
    "part_of_name": 0.85,
    "nickname": 0.8,
    "misspelt": 0.8,
}
# Ways of fitting that are only believed where nothing fits better.
_WEAK = ("nickname", "misspelt")
# A voice is to be reckoned with from this share of the segments, and this many of them.
_LEAST_SHARE, _LEAST_SEGMENTS = 0.02, 5


def match(context: EpisodeContext) -> dict[str, Decision]:
    """Decide who speaks under each label. The result depends on the context alone. Never raises."""
    decided = {label: _full_name(decide(label), context) for label in context.voices}
    for step in (_by_parts, _by_own_words, _by_elimination):
        decided |= step(decided, context)
    return {label: _with_role(one, context) for label, one in decided.items()}


def _full_name(alone: Decision, context: EpisodeContext) -> Decision:
    """A full name is itself, unless another form of it is known better in this podcast."""
    name = alone.name
    if name is None:
        return alone
    known = {tag.name.key: tag.name for tag in context.tags if tag.name.words > 1}
    known |= {key: one.name for key, one in context.regulars.items() if one.established}
    for key in shorter_forms(name.key):
        if key in known:
            evidence = f"{alone.evidence}, known here as {known[key].display}"
            shorter = replace(alone, name=known[key], confidence=0.9, evidence=evidence)
            return replace(shorter, method="variant", other_form=name)
    if name.key in known:
        return alone
    near = [known[key] for key in sorted(known) if is_misspelt_name(name.key, key)]
    if len(near) != 1 or near[0].key in _spoken(context) or _is_known_elsewhere(name, context):
        return alone
    evidence = f"{alone.evidence}, misspelt for {near[0].display}"
    return replace(alone, method="misspelt", name=near[0], confidence=0.85, evidence=evidence)


def _spoken(context: EpisodeContext) -> set[str]:
    return {one.name.key for label in context.voices if (one := decide(label)).name}


def _is_known_elsewhere(name: Name, context: EpisodeContext) -> bool:
    regular = context.regulars.get(name.key)
    return regular is not None and (regular.spoken > 1 or regular.tagged > 0 or regular.channel)


def _by_parts(decided: dict[str, Decision], context: EpisodeContext) -> dict[str, Decision]:
    """Initials, first names, surnames, handles: whoever fits, when exactly one does."""
    known = candidates_of(decided, context)
    found: dict[str, Decision] = {}
    for label, alone in decided.items():
        if alone.name is None and (forms := forms_of(label, alone, decided)):
            found[label] = _fitted(label, alone, forms, known, context)
    return _without_rivals(found)


def _fitted(
    label: str,
    alone: Decision,
    forms: list[Form],
    known: list[Candidate],
    context: EpisodeContext,
) -> Decision:
    own = _fitting(forms, as_known(said_of_voice(label, context), known))
    invited = _fitting(forms, as_known(welcomed(label, context), known))
    fitting = own or _fitting(forms, known)
    if not fitting:
        said = as_known(said_of_voice(label, context, mentioned=True), known)
        fitting = invited or _fitting(forms, said)
    elif not own:
        fitting |= invited
    if not fitting:
        return alone
    if len(fitting) > 1:
        return replace(alone, reason="several_fit", evidence=_names(fitting))
    ((method, candidate),) = fitting.values()
    evidence = (
        f"label {label!r}: the only one who fits is {candidate.name.display}, {candidate.where}"
    )
    return Decision(method, "one_fits", _CONFIDENCE[method], candidate.name, alone.role, evidence)


Fitting = dict[str, tuple[str, Candidate]]


def _fitting(forms: Iterable[Form], known: Iterable[Candidate]) -> Fitting:
    """Who fits one of the forms, by key; those who fit weakly only where nobody fits well."""
    strong: Fitting = {}
    weak: Fitting = {}
    for form in forms:
        for candidate in known:
            key = candidate.name.key
            how = how_it_fits(form.key, key, capitals=form.capitals)
            if how == "same_name":
                return {key: (how, candidate)}
            if how:
                (weak if how in _WEAK else strong).setdefault(key, (how, candidate))
    return strong or {key: one for key, one in weak.items() if one[1].here or one[0] == "nickname"}


def _names(fitting: Fitting) -> str:
    return "fit: " + ", ".join(sorted(one.name.display for _, one in fitting.values()))


def _without_rivals(found: dict[str, Decision]) -> dict[str, Decision]:
    """A first name means nobody beside a label that adds an initial to it: James, James C."""
    halves = {
        label: one for label, one in found.items() if one.name is None and one.reason == "initials"
    }
    firsts = {
        name.key.split()[0] for label in halves if (name := read_name(label)) and name.words > 1
    }
    return {
        label: replace(decide(label), reason="several_fit")
        if one.method == "first_name" and (name := read_name(label)) and name.key in firsts
        else one
        for label, one in found.items()
    }


def _by_own_words(decided: dict[str, Decision], context: EpisodeContext) -> dict[str, Decision]:
    """A numbered voice that says who it is, when that is one candidate and no other voice's."""
    known = candidates_of(decided, context)
    taken = {one.name.key for one in decided.values() if one.name}
    found: dict[str, Decision] = {}
    for label, alone in decided.items():
        if alone.name is not None or not is_numbered(label):
            continue
        if (candidate := _says(label, known, context)) and candidate.name.key not in taken:
            evidence = f"the voice {label!r} says that it is {candidate.name.display}"
            found[label] = Decision("own_words", "one_fits", 0.8, candidate.name, "", evidence)
    keys = [one.name.key for one in found.values() if one.name]
    return {
        label: one for label, one in found.items() if one.name and keys.count(one.name.key) == 1
    }


def _says(label: str, known: list[Candidate], context: EpisodeContext) -> Candidate | None:
    """Who the voice says that it is: one candidate that fits all of its own introductions."""
    said = [one for one in context.introductions if one.own and one.label == label]
    fitting: Fitting = {}
    for one in said:
        if name := read_name(one.name):
            fitting |= _fitting([Form(name.key, capitals=False)], known) or _misheard(name, known)
    return next(iter(fitting.values()))[1] if len(fitting) == 1 else None


def _misheard(name: Name, known: Iterable[Candidate]) -> Fitting:
    """A candidate of the episode with the same first name, and a surname that begins alike."""
    if name.words < 2:
        return {}
    first, *_, last = name.key.split()
    return {
        one.name.key: ("own_words", one)
        for one in known
        if one.here and one.name.words > 1 and one.name.key.split()[0] == first
        and one.name.key.split()[-1][:2] == last[:2]
    }  # fmt: skip


def _by_elimination(decided: dict[str, Decision], context: EpisodeContext) -> dict[str, Decision]:
    """The last voice is the last candidate, when exactly one of each remains."""
    total = sum(context.voices.values())
    counts: Callable[[str], bool] = lambda label: (  # noqa: E731
        context.voices[label] >= max(_LEAST_SEGMENTS, _LEAST_SHARE * total)
    )
    unknown = [label for label, one in decided.items() if one.name is None and counts(label)]
    unknown = [label for label in unknown if _is_one_voice(label, decided[label])]
    taken = {one.name.key for one in decided.values() if one.name}
    left = {tag.name.key: tag for tag in context.tags if tag.name.key not in taken}
    invited = as_known(guests(context), candidates_of(decided, context))
    left |= {one.name.key: one for one in invited if one.name.key not in taken}
    if len(unknown) != 1 or len(left) != 1:
        return {}
    ((label,), (candidate,)) = unknown, left.values()
    if not (is_numbered(label) or is_handle(label, candidate.name)):
        return {}
    last = f"{candidate.name.display}, {candidate.where}"
    evidence = f"the last voice, {label!r}, and the last candidate, {last}"
    return {label: Decision("last_voice", "one_fits", 0.7, candidate.name, "", evidence)}


def _is_one_voice(label: str, alone: Decision) -> bool:
    """Whether an unknown label can be a single person: not the audience, a sound, or two."""
    if alone.reason == "joint_label":
        return False
    return alone.reason != "not_a_person" or is_numbered(label)


def _with_role(one: Decision, context: EpisodeContext) -> Decision:
    """The role that a tag gives the person, else the one beside the label."""
    if one.name is None:
        return one
    roles = [tag.role for tag in context.tags if tag.name.key == one.name.key and tag.role]
    return replace(one, role=roles[0]) if roles else one


def introductions_matter(labels: Iterable[str]) -> bool:
    """Whether the words of an episode can tell more than its labels do."""
    return any(
        (one := decide(label)).name is None
        and (one.reason in ("one_word_name", "initials", "not_a_name") or is_numbered(label))
        for label in labels
    )


__all__ = ["MATCHER_VERSION", "Introduction", "introductions_matter", "match"]
