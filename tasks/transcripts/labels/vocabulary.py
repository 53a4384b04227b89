"""Words that are seldom the first of a name: one weak sign that a text is a sentence."""


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
