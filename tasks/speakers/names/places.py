"""Names of places that have the form of a person's: states, regions and cities of several words.

In comparable form (``unicode_fold.fold``). Places that people are called after as well ("Santa
Cruz", "Carson City") are left out.
"""

_COUNTRIES = """
    new zealand, south africa, south korea, north korea, south sudan, united states,
    united states of america, united kingdom, great britain, northern ireland, saudi arabia,
    sri lanka, costa rica, el salvador, puerto rico, hong kong, sierra leone, burkina faso,
    papua new guinea, ivory coast, cape verde, czech republic, dominican republic,
    equatorial guinea, san marino, solomon islands, marshall islands, united arab emirates,
    east timor, vatican city, european union, soviet union, united nations, north macedonia,
    guinea bissau, cote divoire, nueva zelanda, nouvelle zelande, neuseeland, estados unidos,
    etats unis, reino unido, royaume uni, vereinigte staaten, vereinigtes konigreich, corea del sur,
    coree du sud
"""
_STATES_AND_REGIONS = """
    new york, new jersey, new mexico, new hampshire, north carolina, south carolina, north dakota,
    south dakota, west virginia, rhode island, british columbia, nova scotia, new brunswick,
    prince edward island, new south wales, south australia, western australia, south wales,
    north wales, middle east, far east, latin america, north america, south america,
    central america, north africa, west africa, east africa, southern africa, central africa,
    south asia, southeast asia, east asia, central asia, eastern europe, western europe,
    northern europe, southern europe, central europe, west bank, gaza strip, long island,
    silicon valley, wall street, white house, pacific northwest, new england, puerto vallarta,
    rio grande, great lakes, west coast, east coast, baja california
"""
_CITIES = """
    new york city, new orleans, new haven, new delhi, los angeles, san francisco, san diego,
    san antonio, san jose, san juan, san salvador, las vegas, salt lake city, kansas city,
    oklahoma city, atlantic city, jersey city, mexico city, guatemala city, panama city,
    quebec city, kuwait city, ho chi minh city, washington dc, palo alto, santa monica,
    santa barbara, santa fe, long beach, virginia beach, miami beach, fort worth, fort lauderdale,
    el paso, baton rouge, grand rapids, des moines, little rock, colorado springs, buenos aires,
    rio de janeiro, sao paulo, porto alegre, belo horizonte, santo domingo, cape town, port moresby,
    tel aviv, abu dhabi, kuala lumpur, phnom penh, addis ababa, dar es salaam, milton keynes,
    tower hamlets, hackney wick, east london, west london, south london, north london,
    notting hill, covent garden, den haag, bad homburg, frankfurt am main, puerto montt
"""


def _phrases(text: str) -> frozenset[str]:
    return frozenset(" ".join(phrase.split()) for phrase in text.split(","))


PLACES = _phrases(_COUNTRIES) | _phrases(_STATES_AND_REGIONS) | _phrases(_CITIES)
