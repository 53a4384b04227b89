"""Names of months in the languages that feeds use, in full and shortened."""

# ruff: noqa: RUF001 - letters and signs of all languages

# Each month by language: English, German and Dutch, French, Spanish, Italian, Portuguese, Catalan,
# Scandinavian, Polish; then Czech and Slovak, Turkish, Finnish, Hungarian, Romanian,
# Indonesian; then Russian, Ukrainian, Bulgarian, Greek, Hebrew, Arabic, Chinese. Croatian is left
# out, because its months have Polish and Czech names of other months.
_NAMES = (
    """
    jan january januar janvier enero ene gennaio gen gener janeiro januari stycznia sty
    leden ledna led január januára oca ocak tammi január ianuarie ian янв январь января січ
    січня січень яну януари ιαν ιανουαρίου ינואר ינו يناير 一月
    """,
    """
    feb february februar février fevrier fév fev febrero febbraio febrer fevereiro februari
    lutego lut únor února úno unor februára şub şubat sub subat helmi február febr februarie
    фев февраль февраля февр лют лютого лютий февруари φεβ φεβρουαρίου פברואר פבר فبراير 二月
    """,
    """
    mar march märz maerz mär mrz mars marzo març março marco maart mrt marts marca marec
    březen března bře bre mart maalis március márc martie maret мар март марта бер березня
    березень μαρ μάρ μαρτίου מרץ مارس 三月
    """,
    """
    apr april avril avr abril abr aprile kwietnia kwi duben dubna dub apríl apríla nis nisan
    huhti április ápr aprilie апр апрель апреля кві квіт квітня квітень април απρ απριλίου
    אפריל אפר أبريل ابريل 四月
    """,
    """
    may mai mayo maggio mag maio maig mei maj maja květen května kvě kve máj mája mayıs
    touko május май мая тра трав травня травень μαΐ μάι μαΐου מאי مايو 五月
    """,
    """
    jun june juni juin junio giugno giu junho juny czerwca cze červen června čvn čen jún
    júna haz haziran kesä június iunie iun июн июнь июня чер черв червня червень юни ιουν
    ιουνίου יוני يونيو 六月
    """,
    """
    jul july juli juillet juil julio luglio lug julho juliol lipca lip červenec července čvc
    čec júl júla tem temmuz heinä július iulie iul июл июль июля липня липень лип юли ιουλ
    ιουλίου יולי يوليو 七月
    """,
    """
    aug august août aout agosto ago agost augustus augusti sierpnia sie srpen srpna srp
    augusta ağu ağustos agu agustus elo augusztus авг август августа сер серпня серпень αυγ
    αυγούστου אוגוסט אוג أغسطس اغسطس 八月
    """,
    """
    sep sept september septembre septiembre settembre set setembre setembro września wrz
    září zář zari septembra eyl eylül syys szeptember szept septembrie сен сент сентябрь
    сентября вер верес вересня вересень септември септ сеп σεπ σεπτ σεπτεμβρίου ספטמבר ספט
    سبتمبر 九月
    """,
    """
    oct october oktober okt octobre octubre ottobre ott outubro out października paź říjen
    října říj rij október októbra eki ekim loka octombrie окт октябрь октября жов жовт
    жовтня жовтень октомври οκτ οκτωβρίου אוקטובר אוק أكتوبر اكتوبر 十月
    """,
    """
    nov november novembre noviembre novembro listopada lis listopad listopadu novembra kas
    kasım marras noiembrie noi ноя нояб ноябрь ноября листопада листопад ное ноември νοε
    νοεμβρίου נובמבר נוב نوفمبر 十一月
    """,
    """
    dec december dezember dez décembre decembre déc diciembre dic dicembre desembre des
    dezembro desember grudnia gru prosinec prosince pro decembra ara aralık joulu decembrie
    дек декабрь декабря груд грудня грудень гру декември δεκ δεκεμβρίου דצמבר דצמ ديسمبر 十二月
    """,
)
_MONTHS = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
# Finnish adds "kuu" (month) and cases: helmikuu, helmikuuta.
_FINNISH = ("kuuta", "kuu")

# The English names of three letters, as RFC 822 writes them.
ENGLISH = dict(
    zip(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        range(1, 13),
        strict=True,
    )
)


def month_number(name: str) -> int | None:
    """Return 1 to 12 for a number, a name of a month or its first three letters; else None."""
    if name.isdecimal():
        return int(name)
    lowered = name.lower().removesuffix("月").removesuffix("월")
    if lowered.isdecimal():  # "2月"
        return int(lowered)
    for suffix in _FINNISH:
        lowered = lowered.removesuffix(suffix)
    return _MONTHS.get(name.lower()) or _MONTHS.get(lowered) or _MONTHS.get(lowered[:3])
