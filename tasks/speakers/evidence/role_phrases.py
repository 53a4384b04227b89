"""Phrases right before a name in a title or description that say what the person does there."""

# ruff: noqa: RUF001 - phrases of many scripts

import re

# What there may be between a phrase and a name: a job, and titles.
_JOB_AND_TITLES = (
    r"\s?(?P<job>[^.:;,()|\n]{0,60}?)"
    r"(?:(?:dr|prof|rev|sir|dame|mr|mrs|ms|mme|dra)\b\.?\s?|[^\W\d_]{1,5}\.\s?){0,2}$"
)
_GUEST = (
    r"(?:\bjoined by\b|\b(?:guests?|gast|gäst|gæst|gjest|invit[eé]e?s?|invitad[oa]|convidad[oa]"
    r"|ospite|gość|гостья?|ضيفة?(?: الحلقة)?|मेहमान)\s?[:：—–-]|ゲスト(?:は|[:：])"
    r"|\b(?:our|my|her|his|their)(?: special)? guests?\b(?: today| this week)?(?: is)?,?"
    r"|\b(?:we welcome|recebemos|recibimos a|nous recevons|wir begrüßen|accogliamo|gościmy"
    r"|gościem(?: odcinka)? jest|zu gast(?: ist)?)\b)"
)
# "With" says so in a title and at the beginning of a sentence; within one it may be about others.
_WITH = (
    r"\b(?:(?:an? )?(?:(?:interview|conversation) )?with|w/|feat(?:uring)?\.?|ft\.?|mit|avec|con"
    r"|com|med|z)\s"
)
_HOST = (
    r"(?:(?<!co-)(?<!guest )\bhost(?:ed by)?\b\s?:?|\b(?:moderation|moderator|moderatorin"
    r"|presenter|apresentação|apresentadora?|présentation|conduzione|ведущий|ведущая|تقديم|होस्ट)\s?:"
    r"|\b(?:moderated|presented|chaired) by\b|\bprowadzi:?|\b(?:présenté|animé)e? par\b"
    r"|\bpresentad[oa] por\b|(?:司会|主持人?)[:：]|(?:司会|聞き手|進行|案内役)は[^。\n]{0,30}の?)"
)
_NARRATOR = (
    r"(?:\bnarrat(?:ed|ion) by\b|\b(?:narrator|narration|erzähler|erzählerin|narrador|narradora"
    r"|narração|narración|narrateur|narratrice|voce narrante|lektor|lektorka)\s?:|\berzählt von\b"
    r"|\bnarrad[oa] por\b|\bnarrée? par\b|\bnarrat[oa] da\b|\bverteld door\b)"
)
# Of who gives a talk or a sermon.
_SPEAKER = (
    r"(?:^|[\n.|(]\s?)(?:speaker|preacher|lecturer|predigt|predigerin|prediger|referentin|referent"
    r"|prédicateur|intervenante?|predicador|ponente|pregador|palestrante|relatore|relatrice"
    r"|spreker|kaznodzieja|prelegentka|prelegent|проповедник|лектор|докладчик)\s?:"
)
_PHRASES = tuple(
    (role, re.compile(phrase + _JOB_AND_TITLES, re.IGNORECASE))
    for role, phrase in (
        ("guest", _GUEST),
        ("host", _HOST),
        ("narrator", _NARRATOR),
        ("speaker", _SPEAKER),
    )
)
_WITH_IN_TITLE = re.compile(_WITH + _JOB_AND_TITLES, re.IGNORECASE)
_WITH_IN_TEXT = re.compile(r"(?:^|[.!?…]\s{1,4})" + _WITH + _JOB_AND_TITLES, re.IGNORECASE)
_MAX_BEFORE = 90  # characters before a name that are searched
_MAX_JOB, _MAX_JOB_AFTER_WITH = 6, 3  # words
# With one of these it is no job: "with kids about the life of Jane Doe".
_NO_JOB = frozenset(
    "about at by for from her his into its of on our their this that to who with your".split()  # noqa: SIM905
)


# After "with" others may come first: "dinner with friends and Jane Doe".
_NO_JOB_AFTER_WITH = _NO_JOB | frozenset(["and", "und", "et", "y", "or", "vs"])


def role_before(text: str, begin: int, *, in_title: bool) -> str:
    """The role that the words right before a name give: host, guest, narrator, speaker, or ''."""
    since = max(0, begin - _MAX_BEFORE)
    preposition = _WITH_IN_TITLE if in_title else _WITH_IN_TEXT
    found = preposition.search(text, since, begin)
    if found and _is_job(found["job"], _MAX_JOB_AFTER_WITH, _NO_JOB_AFTER_WITH):
        return "guest"
    roles = (role for role, one in _PHRASES if _is_before(one, text, since, begin))
    return next(roles, "")


def _is_before(phrase: re.Pattern[str], text: str, since: int, begin: int) -> bool:
    """Whether a phrase is right before a name, or before the job in front of it."""
    while found := phrase.search(text, since, begin):
        if _is_job(found["job"], _MAX_JOB, _NO_JOB):
            return True
        since = found.start() + 1
    return False


def _is_job(words: str, most: int, never: frozenset[str]) -> bool:
    """Whether it is nothing, or what a person does: "eel biologist", "poet and bus driver"."""
    each = words.split()
    return not each or (words.islower() and len(each) <= most and never.isdisjoint(each))
