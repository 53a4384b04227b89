"""Words that show what text before a colon is: a sentence, a heading or a name."""


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text: the form of a word list that is easiest to read and edit."""
    return frozenset(words.split())


# Words that begin or join sentences, and are never a word of a name.
SENTENCE_WORDS = word_set(
    """
    a about actually after again all also although always am an any are as at aside be because
    before both but can could did do does don't each either else even every except finally first
    for get give go got had has have he her here hey hi his how however i if in instead into is
    it its just last lastly later let look make many may maybe me mean means might more most
    much must my near never next nor not now obviously of oh ok okay on once one only or our out
    over own perhaps please ps put said say says second see she should since so some still such
    sure take than that the their them then there these they thing things think third this those
    though thus till to too under until up upon very was we well were what when where whether
    which while who whose why will with would yes yet you your monday tuesday wednesday thursday
    friday saturday sunday january february march april june july august september october
    november december today tomorrow yesterday pero porque entonces esto eso hay como cuando
    donde aber also dann dass wenn weil hier mais donc alors parce voici ecco mas porque
    """
)

# Words that begin a heading or a remark: "Step 1", "Note".
BEGINS_REMARK = word_set(
    """
    example quote reminder tip warning note update spoiler disclaimer correction related
    conclusion summary problem solution result results reason step part chapter section episode
    lesson rule option phase level version figure table ejemplo nota paso parte capitulo
    beispiel schritt teil kapitel exemple etape partie chapitre esempio exemplo
    """
)

# Words of a document about itself, before the speech begins.
ABOUT_DOCUMENT = word_set(
    """
    location place venue date time slides video audio media source sources link links url repo
    repository website title topic topics subject tags tag category categories author authors
    editor transcript transcription transcribed duration length published recorded language
    podcast show paper article artículo references reference resources notes shownotes summary
    description keywords copyright license contact email twitter github facebook instagram
    youtube http https ftp mailto note lugar ubicacion ubicación fecha tema diapositivas fuente
    enlace transcripcion transcripción ort datum thema folien quelle lieu sujet diapositives
    """
)

# Short words inside names and joint labels: "Miguel de Icaza", "Bill and Ted", "Clip from …".
INSIDE_NAMES = word_set(
    """
    and & of de la le las los del della di da dos das do du des der den von van zu zur zum ter
    ten te 't al el bin ibn ben bat y e i und et from at aka the vs with af ap d' la a member
    público publico audiencia miembro
    """
)

# Sentence words that are names too, beside another capitalised word: "Will Norris".
ALSO_NAMES = word_set(
    """
    will may an my so on do see april june august even page art chance rule well just till he
    than still you such more many long like best wise over
    """
)

CONJUNCTIONS = word_set("and & of et y e i und from at aka the vs with af ap a")

ABBREVIATIONS = word_set("I OK PS NB FAQ TLDR FYI BTW PR PRs EDIT NOTE TIP TODO")
