"""Somebody who goes by two letters, `T.J. left`, `d. h. called` -> PERSON."""

import re
from typing import ClassVar

from prefpairs.deid.recognizers.base import Range, Rule, RuleRecognizer
from prefpairs.deid.recognizers.common_words import words

_ABBREVIATIONS = words("""
    ac ad ae ai am ba bc bf bs ca cd ce cf co cs cv dc dm do dr ds du dv dx ed eg eq er eu ex fb ft fx gb gf gp hq
    hr hs ia id ie ig ii in ip iq iv jd jk jr kg la lb lc ld ll lp ma mb md me mg mi ml mm mo mr ms mt na nb nc nd
    ng nh ni no np ns nv nw ny oc od og ok op or ot oz pa pc pd ph pm po pp ps pt qa qb qt rd re ri rn rx sc sd se
    sf so sr st sw tb td tf tn tv tw tx uc uk un us ut uv va vp vs vt wa wc wi wv xl yd yo
    """)
"""What two letters with full stops mean, when they mean no person: units, states, degrees, `e.g.`, `p.m.`."""


def _unless_abbreviation(match: re.Match[str]) -> Range | None:
    return None if (match["first"] + match["second"]).casefold() in _ABBREVIATIONS else match.span("id")


class InitialsRecognizer(RuleRecognizer):
    """Finds two initials with full stops that are followed by words, as a name is."""

    ENTITY = "PERSON"
    gate = re.compile(r"[A-Za-z]\.[ ]?[A-Za-z]\.")
    RULES: ClassVar[tuple[Rule, ...]] = (
        Rule(
            name="two initials",
            pattern=re.compile(
                r"(?<![\w.'’&])(?P<id>(?P<first>[A-Za-z])\.[ ]?(?P<second>[A-Za-z])\.)"
                r"(?=['’]s\b|[ ](?![A-Za-z]\.)\w|[ ]\()"
            ),
            score=0.45,
            accept=_unless_abbreviation,
        ),
    )
