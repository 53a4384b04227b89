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
    dr drs dra doctor doktor prof professor professorin univprof ing dipling dott dottssa
    pr sir dame lord sister brother rev revd reverend fr rabbi honorable honourable shri smt
    capt captain colonel lt lieutenant ltcol sgt sergeant cmdr commander admiral
    officer detective inspector agent senator rep congressman congresswoman gov governor
    president ambassador princess count countess baroness duchess
    mayor secretary commissioner councillor councilor councilmember councilman councilwoman
    chairman chairwoman chairperson deputy sheriff constable corporal superintendent attorney
    coach chef nurse uncle aunt auntie aunty tante onkel oncle grandma grandpa granny
    docteur professeur maitre ministre dottor dottore ingegner ingegnere signor signora signorina
    doutor doutora senhor senhora ministro presidente meneer mevrouw pfarrer pfarrerin minister
    ministerin burgermeister burgermeisterin
    seu dona
    dring mgr judr mudr phdr rndr paeddr thdr ดร ผศ รศ นพ พญ
    δρ καθ гжа гн др проф акад डॉ श्री श्रीमती प्रो
    د دكتور دكتورة الدكتور الدكتورة السيد السيدة الشيخ استاذ استاذة الاستاذ الاستاذة مهندس مهندسة
    المهندس المهندسة بروفيسور البروفيسور דר פרופ גב
    """
)

# Titles that are given names too (Sri Mulyani, Hon Lam, Maj Lindgren): titles only with a dot.
TITLES_WITH_A_DOT = _words("sr sri maj hon sen mag bc arch avv rag geom mw dhr")

# Titles that are given names before one more word (Pastor Ibarra): titles with a dot or before two.
TITLES_BEFORE_A_FULL_NAME = _words(
    """
    col pastor imam sheikh bishop archbishop deacon lady justice judge general
    chancellor
    """
)

# Abbreviations that go on after "Dr." and the like: Dr. med., Dr. rer. nat., Dr. h. c.
TITLE_PARTS = _words(
    """
    med univ rer nat phil iur jur oec pol theol dent vet habil hc h c mult math sc agr ing dipl
    psych soc techn paed mag lic em emer emerit
    """
)

# After a name, as a word of its own: titles and forms of address of Korean, Japanese and Chinese.
TITLES_BEHIND = _words(
    """
    기자 박사 교수 대표 앵커 아나운서 작가 감독 변호사 의원 선생님 씨 님 さん 氏 先生 記者 记者 教授
    博士 老师 老師 女士
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
CREDENTIALS_AFTER_COMMA = _words("ba bs ma med ms do od pa pe pt np rd sj mp ret v vi")

# These distinguish a father from his son, so they are part of the name.
GENERATIONS = _words("jr sr junior senior ii iii iv")

# A role as labels have it -> the role in the podcast taxonomy.
ROLES = {
    **dict.fromkeys(("host", "hosts", "hosted by", "gastgeber", "gastgeberin"), "host"),
    **dict.fromkeys(("anfitrion", "anfitriona", "presentador", "presentadora"), "host"),
    **dict.fromkeys(("animateur", "animatrice", "conduttore", "conduttrice"), "host"),
    **dict.fromkeys(("apresentador", "apresentadora", "presentator", "presentatrice"), "host"),
    **dict.fromkeys(("prowadzacy", "prowadzaca", "programledare", "vard"), "host"),
    **dict.fromkeys(
        ("ведущии", "ведущая", "ведучии", "ведуча", "司会", "主持人", "진행자"), "host"
    ),
    **dict.fromkeys(("presenter", "anchor", "newsreader", "होस्ट", "sunucu"), "host"),
    **dict.fromkeys(("مقدم البرنامج", "مقدمة البرنامج", "المذيع", "المذيعة"), "host"),
    **dict.fromkeys(("المقدم", "المقدمة", "مقدم", "مقدمة"), "host"),
    **dict.fromkeys(("الضيف", "الضيفة", "ضيف الحلقة", "मेहमान", "konuk"), "guest"),
    **dict.fromkeys(("cohost", "co host"), "co-host"),
    **dict.fromkeys(("guest", "special guest", "our guest", "guest speaker"), "guest"),
    **dict.fromkeys(("gast", "invitado", "invitada", "invite", "invitee", "ospite"), "guest"),
    **dict.fromkeys(("gosc", "convidado", "convidada", "entrevistado", "entrevistada"), "guest"),
    **dict.fromkeys(("гость", "гостья", "гостя", "ゲスト", "嘉宾", "嘉賓", "게스트"), "guest"),
    **dict.fromkeys(("interviewee", "panelist", "panellist"), "guest"),
    **dict.fromkeys(("guest host", "guest cohost"), "guest host"),
    **dict.fromkeys(("moderator", "moderatorin", "moderadora", "moderador"), "moderator"),
    **dict.fromkeys(("interviewer", "entrevistador", "entrevistadora"), "interviewer"),
    **dict.fromkeys(("intervistatore", "intervistatrice", "intervjuare"), "interviewer"),
    **dict.fromkeys(("интервьюер", "聞き手"), "interviewer"),
    **dict.fromkeys(("narrator", "narration", "narrated by", "voice over"), "narrator"),
    **dict.fromkeys(("reporter", "correspondent", "journalist", "journaliste"), "reporter"),
    **dict.fromkeys(
        ("reporterin", "journalistin", "periodista", "jornalista", "reportera"), "reporter"
    ),
    **dict.fromkeys(("giornalista", "dziennikarz", "dziennikarka"), "reporter"),
    **{role: role for role in ("producer", "editor", "announcer")},
    **dict.fromkeys(("speaker", "caller"), ""),
    **dict.fromkeys(("sot", "vosot"), ""),  # sound on tape, in scripts of news
}

# The first word after a name and a comma or dash: "Jane Doe, head of research".
JOBS = _words(
    """
    ceo cto cfo coo cmo cio ciso cpo vp svp evp founder cofounder co president chairman
    chairwoman chair chief director author professor engineer developer designer manager lead
    head partner senior principal executive managing staff researcher scientist journalist
    """
)

# Last words of a company that are nobody's surname.
LEGAL_FORMS = _words("gmbh inc ltd llc llp plc corp oyj sarl srl")

# Last words of an institution that are nobody's surname.
INSTITUTIONS = _words(
    """
    agency association cathedral committee consulting corporation council department foundation
    holdings institut institute library ministry museum network networks orchestra society software
    solutions studios stiftung systems technologies technology universidad universitat universite
    university ventures
    """
)

# Last words of a company or an institution: "Jane Doe - Brightwater Trust", "Jo Roe/Nordkabel AB".
ORGANISATIONS = INSTITUTIONS | _words(
    """
    ab ag gmbh inc ltd llc llp plc corp oy oyj asa bv nv sa sarl srl spa kg ev aps bank
    capital college company group hospital lab labs media partners press radio records
    school studio trust
    """
)

PRONOUNS = _words(
    """
    he she they him her them his hers theirs it its xe xem ze zir any all
    er sie ihm ihr elle il iel lui el ella ellos elles ele ela lei hen hij zij
    """
)

# Between two people. "y", "e" and "i" occur within surnames too, so they are left out.
CONJUNCTIONS = _words("and und et og och vs versus")
# The same within surnames ("Ortega y Gasset"): between two people only where both names are full.
CONJUNCTIONS_IN_SURNAMES = _words("e y i")
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
    y zu zum zur ul ur ud ni nic degli dell dello dalle dei abu umm mac ap ab thoe toe tot
    """
)

# Particles that are no given names: in small letters before one word they begin a surname.
BEFORE_SURNAMES = _words(
    "da de degli del della delle der den di do dos du ten ter van von vom zu zum zur"
)

# Prepositions inside a surname, before an article only: "in 't Vliet", "op den Berg".
SURNAME_PREPOSITIONS = _words("in op aan uit over onder bij auf an")
ARTICLES_IN_SURNAMES = _words("t den de der het dem ter")

# Function words: a label with one of these is a phrase, a title or a sentence. Words that are names
# too are left out (An, Are, Do, How, In, My, On, Or, So, To, Will).
GRAMMAR = _words(
    """
    the of from at for with by into about is was were be been has have had it its this that
    these those your yours me we us our they their not dont didnt cant isnt wont lets thats
    whats heres theres and but if what when where why because again
    """
)

# Such words that are surnames too: a name as the last of two words ("Anne With", "Lars By").
GRAMMAR_SURNAMES = _words("with by from has")

# Things and unnamed people that are heard in podcasts.
NOT_IN_NAMES = _words(
    """
    ads advert advertisement audience audiencia audio announcement applause bros
    chat chorus clip clips commercial community computer conversation crowd episode extract fake
    female gpt guys interview interviewer intro jingle laughter listener members miembro montage
    movie narrator news opening opinions outro panel participant people podcast prompt promo
    imac ipad iphone laptop macbook president publico publikum question questioner questions radio
    resident
    recording robot show sketch soundbite
    soundtrack speakers sponsor sponsors team theme trailer transcript
    translator tv unidentified unknown unnamed various video voiceover voices woman
    """
)

# Such words that are surnames too ("Dawn Song", "Evan You"): a name as the last of two words.
SELDOM_IN_NAMES = _words(
    """
    bot break brothers crew group kid male member music party person sample segment song sound
    speaker student track voice you
    """
)
# The other way round: as a first word, before a particle ("Ad van Loon").
FIRST_BEFORE_A_PARTICLE = _words("ad")

WEEKDAYS = _words("monday tuesday wednesday thursday friday saturday sunday")

# Before a weekday: then it is a day, and no surname.
BEFORE_WEEKDAYS = _words(
    """
    on last next every this each happy good black cyber super easter ash holy palm bloody casual
    early late until since by new one some another monday tuesday wednesday thursday friday
    saturday sunday
    """
)
