"""Words around names: titles, credentials, roles, conjunctions, and words never in a name.

All are in comparable form (``unicode_fold.fold``). A title must rarely be a given name: "Don",
"Dean", "Prince" and "Judge" are left out, because real names begin with them.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Before a name and not part of it: civil, academic, clerical, military and noble titles.
TITLES = _words(
    """
    mr mrs ms mx miss mister madame mme mlle monsieur herr frau senor senora senorita sra srta
    dr drs dra doctor doktor prof professor professorin ing dipling dott dottssa
    sir dame lord rev revd reverend fr pastor rabbi hon honorable honourable sri shri smt
    capt captain col colonel lt lieutenant ltcol sgt sergeant maj cmdr commander admiral
    officer detective inspector agent sen senator rep congressman congresswoman gov governor
    president ambassador princess count countess
    """
)

# After a name: degrees, licences, orders. None is a surname, with or without a comma.
CREDENTIALS = _words(
    """
    phd dphil psyd edd dsc scd md dds dmd dvm mbbs pharmd dpt dnp dba jd llb llm esq esquire
    mba msc bsc mph mpa mpp msw mdiv mfa meng beng bcom mphil lcsw lmft lpc lmhc lmsw
    ccc slp rn bsn msn rdn cpa cfa cfp pmp cissp obe mbe cbe kbe dbe frs frcp faap facp facs
    kc qc
    """
)

# Credentials that are surnames too (Jack Ma, Kim Do): credentials only after a comma.
CREDENTIALS_AFTER_COMMA = _words("ba bs ma med ms do od pa pe pt np rd sj mp ret")

# These distinguish a father from his son, so they are part of the name.
GENERATIONS = _words("jr sr junior senior ii iii iv")

# A role as labels have it -> the role in the podcast taxonomy.
ROLES = {
    **dict.fromkeys(("host", "hosts", "hosted by", "gastgeber", "gastgeberin"), "host"),
    **dict.fromkeys(("anfitrion", "anfitriona", "presentador", "presentadora"), "host"),
    **dict.fromkeys(("animateur", "animatrice", "conduttore", "conduttrice"), "host"),
    **dict.fromkeys(("presenter",), "host"),
    **dict.fromkeys(("cohost", "co host"), "co-host"),
    **dict.fromkeys(("guest", "special guest", "our guest", "guest speaker"), "guest"),
    **dict.fromkeys(("gast", "invitado", "invitada", "invite", "invitee", "ospite"), "guest"),
    **dict.fromkeys(("interviewee", "panelist", "panellist"), "guest"),
    **dict.fromkeys(("guest host", "guest cohost"), "guest host"),
    **dict.fromkeys(("moderator", "moderatorin", "moderadora", "moderador"), "moderator"),
    **dict.fromkeys(("interviewer", "entrevistador", "entrevistadora"), "interviewer"),
    **dict.fromkeys(("narrator", "narration", "narrated by", "voice over"), "narrator"),
    **dict.fromkeys(("reporter", "correspondent"), "reporter"),
    **{role: role for role in ("producer", "editor", "announcer")},
    **dict.fromkeys(("speaker", "caller"), ""),
}

# The first word after a name and a comma or dash: "Jane Doe, head of research".
JOBS = _words(
    """
    ceo cto cfo coo cmo cio ciso cpo vp svp evp founder cofounder co president chairman
    chairwoman chair chief director author professor engineer developer designer manager lead
    head partner senior principal executive managing staff researcher scientist journalist
    """
)

PRONOUNS = _words("he she they him her them his hers theirs")

# Between two people. "y", "e" and "i" occur within surnames too, so they are left out.
CONJUNCTIONS = _words("and und et og och vs versus")
TOGETHER = _words(
    """
    all both everyone everybody together others alle beide todos tous tutti
    """
)

# Inside a surname, and correct without a capital.
PARTICLES = _words(
    """
    af al am aus av ben bin bint da dal dalla das de degli dei del dela della den der des di do
    dos du e el i ibn la las le les li lo los st sta te ten ter van vande vanden vander vom von
    y zu zum zur
    """
)

# Function words: a label with one of these is a phrase, a title or a sentence. Words that are names
# too are left out (An, Are, Do, How, In, My, On, Or, So, To, Will).
GRAMMAR = _words(
    """
    the of from at for with by into about is was were be been has have had it its this that
    these those your yours me we us our they their not dont didnt cant isnt wont lets thats
    whats heres theres and but if then what when where why because again
    """
)

# Things and unnamed people that are heard in podcasts.
NOT_IN_NAMES = _words(
    """
    ad ads advert advertisement audience audiencia audio announcement applause bot bros brothers
    chat chorus clip clips commercial community computer conversation crowd episode extract fake
    female gpt guys interview interviewer intro jingle laughter listener members miembro montage
    movie narrator news opening opinions outro panel participant people podcast prompt promo
    publico publikum question questioner questions radio recording robot show sketch soundbite
    soundtrack speaker speakers sponsor sponsors student team theme trailer transcript
    translator tv unidentified unknown unnamed various video vo voice voiceover voices woman
    """
)

# Such words that are surnames too ("Dawn Song", "Evan You"): a name as the last of two words.
SELDOM_IN_NAMES = _words(
    "break crew group kid male member music party person sample segment song sound track you"
)

WEEKDAYS = _words("monday tuesday wednesday thursday friday saturday sunday")
