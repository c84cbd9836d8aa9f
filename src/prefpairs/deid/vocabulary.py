"""A folded word -> what its being in a text says about a person: the word lists, as propagation reads them."""

from prefpairs.deid import gazetteer
from prefpairs.deid.recognizers.common_words import COMMON_WORDS, EPONYMS


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOT_THE_NAME = _words(
    """
    dr doctor mr mister mrs ms miss mx prof professor nurse pastor rev reverend father sister brother rabbi imam
    coach judge officer detective sgt sergeant captain sir aunt auntie aunty uncle grandma grandpa nana van von de
    der den la le el al bin ibn da dos das di du del of the and jr sr ii iii
    """
)
"""Words in a name that many others share: titles, particles, generations."""

# Dictionaries hold them (`john`, `tom`, the `ana` of pro-ana); where somebody of that name was found, they
# are nearly always the name.
_MOSTLY_NAMES = _words(
    """
    abe ada adam al alec alexis amelia amy ana andy anna anne arnold barbara becky ben benny bert bertha beth
    betty bobbie brad brent carl carla carol cathy cecil charles charlie charlotte cindy colin craig dana dan
    dave david debby dennis derrick dexter diana diane doris doug ed eddy edgar eli ella ellen elsa emily emma
    emmy eric erica erin ernest ethan eva evan fiona fred gabe gary george georgia gerald gordon greg gus hal
    hannah harry harvey helen henry henrietta herb howard hugh hugo ian ida ina isabel ivan jacob jake james
    jamie jan jana jane janet jason jeff jen jenny jess jesse jessica jill jim jimmy joan joe joey johanna
    john johnny jones jordan joseph josh juan judith judy jules julia julie julian justin karen kate katie
    keith kelly kelvin ken kenneth kevin kim kirk kyle lana larry laura lauren lea lena leo leon leonard
    leslie lewis liam libby lisa liz lou louis louise lucas lucia lucy luis luke lynn mae mara marc marcus
    margaret maria marie marilyn mario martha martin mary matt maureen maurice maya meg megan mia michael
    michelle mick micky mike milton mona monica murphy nancy natalie ned neil nell nicole nina noah nora norma
    norman oscar oliver otto patrick patty paul paula pete peter phil philip rachel ralph raymond rebecca rhea
    richard rita robert roberta roger roland ronald rosa rosie ross roy russ ruth ryan sal sally sam samantha
    sara sarah scott sean seth shane sharon sheila shirley sid simon smith sofia sophia sophie stan stella
    stephen steve steven stu susan tamara tammy ted teddy teresa terry tess tessa theo thomas tim timothy tina
    tom tommy toni tracy troy valentine valerie vera veronica victoria vince vincent wendy wes wilson zach
    zack zoe
    """
)


def is_common(word: str) -> bool:
    """Say whether a word is never a name, wherever it stands."""
    return word in COMMON_WORDS


def is_word(word: str) -> bool:
    """Say whether people write it and mean no name, at least as often."""
    return is_safe(word) or (word in gazetteer.load("ambiguous_words") and word not in _MOSTLY_NAMES)


def is_safe(word: str) -> bool:
    """Say whether it is a word, or a name that became one (Hodgkin), and hardly ever anything else."""
    listed = word in COMMON_WORDS or word in EPONYMS or word in gazetteer.load("safe_words")
    return listed and word not in _MOSTLY_NAMES
