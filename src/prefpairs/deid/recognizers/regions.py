"""States, provinces and countries, by name and abbreviation, as patterns: what a town is written together with.

Facts of general knowledge, written down by hand. A region alone is no town: whether it is masked is the
model's business and the settings'.
"""


def _names(text: str) -> tuple[str, ...]:
    """Return names that semicolons part, the longest first: `West Virginia` is tried before `Virginia`."""
    names = (" ".join(item.split()) for item in text.split(";"))
    return tuple(sorted(names, key=lambda name: (-len(name), name)))


def _alternatives(names: tuple[str, ...]) -> str:
    return "(?:" + "|".join(name.replace(".", r"\.").replace(" ", "[ ]") for name in names) + ")"


_STATES = _names(
    """
    Alabama; Alaska; Arizona; Arkansas; California; Colorado; Connecticut; Delaware; Florida; Georgia;
    Hawaii; Idaho; Illinois; Indiana; Iowa; Kansas; Kentucky; Louisiana; Maine; Maryland; Massachusetts;
    Michigan; Minnesota; Mississippi; Missouri; Montana; Nebraska; Nevada; New Hampshire; New Jersey; New
    Mexico; New York; North Carolina; North Dakota; Ohio; Oklahoma; Oregon; Pennsylvania; Rhode Island;
    South Carolina; South Dakota; Tennessee; Texas; Utah; Vermont; Virginia; Washington; West Virginia;
    Wisconsin; Wyoming; Puerto Rico
    """
)
_PROVINCES = _names(
    """
    Ontario; Quebec; Québec; British Columbia; Alberta; Manitoba; Saskatchewan; Nova Scotia; New Brunswick;
    Newfoundland; Prince Edward Island; Yukon; Nunavut; New South Wales; Victoria; Queensland; South
    Australia; Western Australia; Tasmania; Northern Territory; Bavaria; Kent; Essex; Surrey; Sussex;
    Yorkshire; Lancashire; Devon; Cornwall; Dorset; Norfolk; Suffolk; Hampshire; Wiltshire; Cheshire;
    Derbyshire; Somerset; Cumbria; Merseyside; Northumberland
    """
)
_COUNTRIES = _names(
    """
    Afghanistan; Albania; Algeria; America; Andorra; Angola; Argentina; Armenia; Australia; Austria;
    Azerbaijan; Bahamas; Bahrain; Bangladesh; Barbados; Belarus; Belgium; Belize; Benin; Bhutan; Bolivia;
    Bosnia; Botswana; Brazil; Britain; Brunei; Bulgaria; Burma; Burundi; Cambodia; Cameroon; Canada; Chile;
    China; Colombia; Congo; Costa Rica; Croatia; Cuba; Cyprus; Czechia; Czech Republic; Denmark; Dominican
    Republic; Ecuador; Egypt; El Salvador; England; Eritrea; Estonia; Ethiopia; Fiji; Finland; France;
    Gabon; Gambia; Germany; Ghana; Great Britain; Greece; Guatemala; Guinea; Guyana; Haiti; Holland;
    Honduras; Hong Kong; Hungary; Iceland; India; Indonesia; Iran; Iraq; Ireland; Israel; Italy; Ivory
    Coast; Jamaica; Japan; Jordan; Kazakhstan; Kenya; Korea; Kosovo; Kuwait; Kyrgyzstan; Laos; Latvia;
    Lebanon; Lesotho; Liberia; Libya; Liechtenstein; Lithuania; Luxembourg; Macau; Macedonia; Madagascar;
    Malawi; Malaysia; Maldives; Mali; Malta; Mauritius; Mexico; Moldova; Monaco; Mongolia; Montenegro;
    Morocco; Mozambique; Myanmar; Namibia; Nepal; Netherlands; New Zealand; Nicaragua; Niger; Nigeria; North
    Korea; Northern Ireland; Norway; Oman; Pakistan; Palestine; Panama; Paraguay; Peru; Philippines; Poland;
    Portugal; Qatar; Romania; Russia; Rwanda; Saudi Arabia; Scotland; Senegal; Serbia; Sierra Leone;
    Singapore; Slovakia; Slovenia; Somalia; South Africa; South Korea; Spain; Sri Lanka; Sudan; Suriname;
    Sweden; Switzerland; Syria; Taiwan; Tajikistan; Tanzania; Thailand; Togo; Trinidad; Tunisia; Turkey;
    Turkmenistan; Uganda; Ukraine; United Arab Emirates; United Kingdom; United States; Uruguay; Uzbekistan;
    Venezuela; Vietnam; Wales; Yemen; Zambia; Zimbabwe
    """
)
STATE_CODES = _names(
    """
    AL; AK; AZ; AR; CA; CO; CT; DE; FL; GA; HI; ID; IL; IN; IA; KS; KY; LA; ME; MD; MA; MI; MN; MS; MO; MT;
    NE; NV; NH; NJ; NM; NY; NC; ND; OH; OK; OR; PA; RI; SC; SD; TN; TX; UT; VT; VA; WA; WV; WI; WY; DC; PR
    """
)
_PROVINCE_CODES = _names("ON; QC; BC; AB; MB; SK; NS; NB; NL; PE; PEI; YT; NSW; VIC; QLD; TAS; ACT")
_COUNTRY_CODES = _names("US; USA; U.S.; U.S.A.; UK; U.K.; UAE; NZ")

# As they are written, with capitals: `in`, `me` and `or` are words, and `IN`, `ME` and `OR` are states.
STATE = _alternatives(_STATES)
STATE_CODE = _alternatives(_names("; ".join((*STATE_CODES, *_PROVINCE_CODES))))
REGION = _alternatives(_names("; ".join((*_STATES, *_PROVINCES, *_COUNTRIES))))
REGION_CODE = _alternatives(_names("; ".join((*STATE_CODES, *_PROVINCE_CODES, *_COUNTRY_CODES))))
