"""Words for the people in somebody's life, as a pattern: what stands before most names in community text."""

from prefpairs.deid.recognizers.common_words import words

_KIN_WORDS = words(
    """
    sister sis brother bro mom mum mam mama mommy mummy mother dad daddy papa father son daughter wife husband
    hubby spouse partner fiance fiancé fiancee fiancée boyfriend girlfriend bf gf ex friend bestie bff mate
    buddy pal roommate flatmate housemate classmate coworker co-worker colleague boss manager supervisor therapist
    psychiatrist psych psychologist counselor counsellor doctor doc gp nurse sponsor coach teacher tutor professor
    mentor pastor landlord landlady neighbor neighbour cousin aunt auntie aunty uncle niece nephew grandma
    grandmother nana nan gran grandpa grandfather granddad grandson granddaughter kid child baby toddler stalker
    abuser rapist caseworker crush lawyer twin sibling sil bil mil fil dog cat puppy kitten pet girl boy guy man
    stepmom stepdad stepsister stepbrother stepson stepdaughter
    """
)

_BEFORE_KIN = r"(?:(?:step|half|ex|grand|great|best|foster|twin|god)[ -]?)?"
_LONGEST_FIRST = "|".join(sorted(_KIN_WORDS, key=lambda word: (-len(word), word)))
KIN = rf"{_BEFORE_KIN}(?:{_LONGEST_FIRST}|social[ ]worker|case[ ]manager|ex-\w{{2,10}}|\w{{3,8}}-in-law)"
"""An alternation for patterns that ignore case."""

AFTER_KIN = _KIN_WORDS | {f"{word}s" for word in _KIN_WORDS} | words("worker workers law m f named called so")
"""What the word before a name can be, where kin is what is spoken of."""
