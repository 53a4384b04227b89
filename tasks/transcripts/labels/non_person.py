"""Labels without a name: sounds (Break, Jingle), roles (Host), unnamed people (Speaker 2).

The word lists are general, in several languages, and name no show or person. They are folded: lower
case, no accents. A label is not a name when all of its words are in the lists. When unsure, it is
one.
"""

import re
import unicodedata
from functools import lru_cache

from tasks.transcripts.labels.vocabulary import word_set

_SOUNDS = """
    ad ads advert advertisement advertising break clip clips commercial commercials credits
    interlude intermission intro introduction jingle laughter applause music outro pause preroll
    midroll postroll promo psa recording sample sfx silence song soundbite sound sounds sponsor
    sponsors sponsored stinger theme track trailer transition video audio extract excerpt snippet
    teaser recap bumper coldopen
    musik werbung pause einspieler vorspann abspann
    musique publicite pub generique coupure extrait
    musica cancion publicidad anuncio pausa cortina extracto patrocinador patrocinio
    vinheta intervalo propaganda comercial trecho pubblicita sigla brano
    muziek reclame muzyka reklama przerwa музыка реклама пауза заставка
    فاصل اعلان موسيقى موسيقا مقطع ارشيف تسجيل פרסומת מוזיקה הקלטה reklam muzik
    archiv archive archives archivo arquivo archiwum архив запись
    音乐 音樂 音楽 广告 廣告 広告 片头 片尾 间奏 음악 광고 음성 안내 내레이션
"""
_UNNAMED = """
    speaker speakers unknown unidentified unnamed anonymous voice voices voiceover audience crowd
    public everyone everybody all both group chorus together crosstalk inaudible unintelligible
    narrator narration announcer host hosts cohost cohosts guest guests interviewer interviewee
    moderator panelist presenter participant participants caller listener questioner student
    reporter correspondent translator interpreter operator man woman male female spk
    question questions answer answers q a qa spectator attendee
    sprecher sprecherin stimme publikum unbekannt unbekannte frage antwort gast zuschauer
    zuschauerin moderatorin interviewerin erzahler erzahlerin teilnehmer horer
    locuteur locutrice intervenant intervenante voix inconnu question reponse invite invitee
    narrateur narratrice animateur animatrice presentateur presentatrice auditeur
    orador oradora hablante locutor locutora voz desconocido desconocida publico audiencia
    pregunta preguntas respuesta respuestas invitado invitada narrador narradora entrevistador
    entrevistadora entrevistado entrevistada presentador presentadora anfitrion oyente asistente
    falante desconhecido desconhecida plateia pergunta perguntas resposta respostas convidado
    convidada apresentador apresentadora ouvinte
    voce sconosciuto relatore domanda risposta pubblico ospite conduttore conduttrice narratore
    spreker stem onbekend publiek vraag antwoord presentator verteller deelnemer
    mowca glos nieznany publicznosc pytanie odpowiedz prowadzacy gosc
    спикер голос неизвестный ведущий ведущая гость вопрос ответ диктор зал
    发言人 说话人 主持人 嘉宾 观众 未知 旁白 話者 司会 司会者 ゲスト 聴衆
    不明 ナレーター ナレーション
    화자 진행자 게스트 청중
    رسالة صوتية صوت متصل متصلة مستمع مستمعة المستمع المستمعة الراوي الراوية راوي راوية معلق المعلق
    مراسل مراسلة المراسل المراسلة مذيع مذيعة المذيع المذيعة مقدم مقدمة المقدم المقدمة ضيف ضيفة الضيف
    الضيفة קריין קריינית מאזין מאזינה קהל מנחה אורח אורחת dinleyici seyirci sunucu konuk ses
    słuchacz słuchaczka слушатель слушательница зрители voicemail
    beide alle zusammen todos ambos juntos tutti entrambi insieme ensemble samen wszyscy razem
    dos oboje все вместе الاثنان معا الجميع كلاهما الجمهور 二人 全員 一同 みんな 大家 모두
"""
# Words that count only beside one of the words above: "another speaker".
_MODIFIERS = """
    the an another other new first second third one two no multiple several various some member
    members question questioner person user begin begins beginning end ends ending start starts
    continues again stops plays playing effect effects bed robot background multiple unclear live
    and of from in to theme opening closing final short old studio automated automatic recorded
    neue neuer weitere erste zweite des der die das
    le la les un une du de nouveau nouvelle autre membre membres el los las del nuevo nueva otro
    otra varios varias miembro miembros primer primera o os da do dos novo nova outro outra membro
    membros vari altro altra nuovo nuova het een nieuwe andere
"""
_SOUND_WORDS = word_set(_SOUNDS)
_NON_NAMES = word_set(_SOUNDS + _UNNAMED)
_ALLOWED = _NON_NAMES | word_set(_MODIFIERS)

# "Clip from …", "Audio of …": a recording, whatever name follows.
_EXCERPT = re.compile(
    r"(?:audio|video|clip|excerpt|extract|recording|sample|song|trailer)s? (?:from|of)\b"
)
# "… ad", "… commercial": no surname is one of these words. (Song, Sample and Music are surnames.)
_ENDS_A_RECORDING = word_set(
    "ad ads advert advertisement commercial jingle clip psa promo trailer soundtrack voiceover"
)
_ENDS_A_LONG_TITLE = word_set("song sample track music theme intro outro extract")

_BETWEEN_WORDS = re.compile(r"[\W\d_]+")
_PARTS_OF_LETTERS = (7, 8, 9)  # combining classes: nukta, marks of kana, virama
_IN_TWO_WORDS = re.compile("co-host|voice-over|cold open")


def _fold(label: str) -> str:
    bare = label.replace("'", "").replace("’", "")  # noqa: RUF001 - a typographic apostrophe
    if not bare.isascii():
        decomposed = unicodedata.normalize("NFKD", bare)
        bare = "".join(c for c in decomposed if not _is_accent(c))
        bare = unicodedata.normalize("NFC", bare)  # Hangul's syllables
    joined = _IN_TWO_WORDS.sub(lambda pair: re.sub("[- ]", "", pair[0]), bare.casefold())
    return _BETWEEN_WORDS.sub(" ", joined).strip()


def _is_accent(character: str) -> bool:
    """Whether it is a mark that may be left out, and not a part of a letter (ゲ, ड़)."""
    return unicodedata.combining(character) not in (0, *_PARTS_OF_LETTERS)


@lru_cache(maxsize=65536)
def is_non_person(label: str) -> bool:
    """Whether a published label is not a name: Break, Speaker 2, Audience Member, "".

    False when unsure. A single letter or initials may be a name.
    """
    words = _words(label)
    if not words:
        return True
    return _all_generic(words) or _names_a_recording(words)


@lru_cache(maxsize=4096)
def is_sound(label: str) -> bool:
    """Whether a label is a sound that is played: Break, Jingle, Song extract."""
    words = _words(label)
    return is_non_person(label) and any(word in _SOUND_WORDS for word in words)


def _words(label: str) -> list[str]:
    words = _fold(label[:200]).split()
    if len(words) > 1:  # Speaker A, S 1
        return [word for word in words if len(word) > 1 or word == "q"] or words
    return words


def _all_generic(words: list[str]) -> bool:
    return all(word in _ALLOWED for word in words) and any(word in _NON_NAMES for word in words)


def _names_a_recording(words: list[str]) -> bool:
    if _EXCERPT.match(" ".join(words)):
        return True
    long = len(words) > 2 and words[-1] in _ENDS_A_LONG_TITLE
    return long or (len(words) > 1 and words[-1] in _ENDS_A_RECORDING)
