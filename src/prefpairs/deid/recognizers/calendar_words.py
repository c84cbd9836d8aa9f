"""Months, days and holidays, as patterns that ignore case, and as the words that such a date needs."""

from prefpairs.deid.recognizers.common_words import words

MONTH = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
FULL_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
DAY = r"(?:3[01]|[12]\d|0?[1-9])"
NTH = rf"(?:{DAY}(?:st|nd|rd|th))"
NTH_IN_WORDS = (
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|"
    r"fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|(?:twenty|thirty)"
    r"[- ](?:first|second|third|"
    r"fourth|fifth|sixth|seventh|eighth|ninth)|twentieth|thirtieth)"
)
HOLIDAY = (
    r"(?:christmas(?:[ ](?:eve|day))?|xmas|thanksgiving|easter(?:[ ](?:sunday|monday))?|"
    r"halloween|new[ ]year['’]?s?"
    r"(?:[ ](?:eve|day))?|nye|valentine['’]?s?(?:[ ]day)?|labor[ ]day|memorial[ ]day|independence[ ]day|"
    r"mother['’]?s[ ]day|father['’]?s[ ]day|(?:st\.?|saint)[ ]patrick['’]?s(?:[ ]day)?|hanukkah|"
    r"ramadan|eid|diwali|"
    r"passover|yom[ ]kippur|rosh[ ]hashanah|good[ ]friday|boxing[ ]day|martin[ ]luther[ ]king[ ]day|mlk[ ]day)"
)
SEASON = r"(?:(?:spring|summer|fall|autumn|winter)(?:[ ]break|[ ]semester|[ ]term)?)"
MONTH_WORDS = words(
    """
    jan january feb february febuary mar march apr april may jun june jul july aug august sep sept september
    oct october nov november dec december
    """
)
ORDINAL_WORDS = words(
    """
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth
    fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth
    """
)
HOLIDAY_WORDS = words(
    """
    christmas xmas thanksgiving easter halloween year years nye valentine valentines day hanukkah ramadan
    eid diwali passover kippur hashanah friday patrick patricks
    """
)
SEASON_WORDS = words("spring summer fall autumn winter")
WEEKDAY_WORDS = words("monday tuesday wednesday thursday friday saturday sunday")
