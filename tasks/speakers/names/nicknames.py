"""Nicknames: short and familiar forms of given names, in comparable form."""

# One line for each name: its forms are interchangeable. A form of several names (Al, Alex, Chris,
# Sam) is in several lines; the candidates of an episode decide which name it is.
_FORMS = """
    alexander alex al alec sasha xander | alexandra alex sandra sasha | alejandro alex ale
    andrew andy drew | andreas andi | anthony tony ant | antonio tony toni | antonia toni
    benjamin ben benny benji | bernard bernie | bradley brad | catherine cathy kate katie cat
    katherine kate katie kathy kat | charles charlie chuck chas | charlotte charlie lottie
    christopher chris kit topher | christine chris chrissy tina | christian chris
    christina chris tina | clifford cliff | cynthia cindy | daniel dan danny | daniela dani
    danielle dani | david dave davey | deborah deb debbie | dennis denny | donald don donnie
    douglas doug | edward ed eddie ted ned | elizabeth liz lizzie beth betsy eliza lisa
    eugene gene | florian flo | francis frank fran | franklin frank
    frederick fred freddie rick | gabriel gabe | gabriella gabby | gerald gerry jerry
    geoffrey geoff | gregory greg | harold hal harry | henry hank harry | isabella bella izzy
    jacob jake | james jim jimmy jamie | janet jan | jeffrey jeff | jennifer jen jenny jenn
    jeremy jerry jem | jessica jess jessie | jessica jessi | johannes hannes jo
    john jack johnny | jonathan jon jonny | joseph joe joey | joshua josh | judith judy
    julian jules | kenneth ken kenny | kimberly kim | lawrence larry laurie
    leonard len lenny leo | leonardo leo | lucas luke | margaret maggie meg peggy | martin marty
    matthew matt matty | matthias matt matti | maximilian max | maxwell max | melissa mel
    michael mike mick micky | michelle shelly | mitchell mitch | nathan nate
    nathaniel nate nat | nicholas nick nicky | nicole nikki nicky | oliver ollie | olivia liv
    pamela pam | patrick pat paddy | patricia pat patty trish | peter pete | philip phil
    phillip phil | rachel rach | raymond ray | rebecca becca becky bekah
    richard rick dick rich richie | robert rob bob bobby robbie | roberta bobbie | rodney rod
    ronald ron ronnie | samantha sam | samuel sam sammy | sebastian seb basti | stephanie steph
    stephen steve | steven steve | susan sue susie | suzanne sue suz suze | theodore ted theo
    theresa tess terry | thomas tom tommy | timothy tim timmy | tobias tobi toby | valerie val
    victor vic | victoria vicky | vincent vince vinnie | walter walt wally | wilhelm willi
    william will bill billy liam | wolfgang wolf | zachary zach zack
"""
_GROUPS = [frozenset(line.split()) for line in _FORMS.replace("\n", " | ").split("|")]


def _by_form() -> dict[str, frozenset[str]]:
    forms: dict[str, set[str]] = {}
    for group in filter(None, _GROUPS):
        for form in group:
            forms.setdefault(form, set()).update(group)
    return {form: frozenset(others) for form, others in forms.items()}


_OTHER_FORMS = _by_form()


def is_form(name: str) -> bool:
    """Whether it is a given name that has other forms."""
    return name in _OTHER_FORMS


def is_nickname(name: str, other_name: str) -> bool:
    """Whether two given names, in comparable form, can be the same: Tony and Anthony."""
    return name != other_name and other_name in _OTHER_FORMS.get(name, frozenset())
