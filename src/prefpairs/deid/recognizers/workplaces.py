"""`I work at Acme`, `I went to MIT` -> ORGANIZATION: what somebody says that they work or study at."""

import re

from prefpairs.deid.recognizers import names
from prefpairs.deid.recognizers.base import Range
from prefpairs.deid.recognizers.candidates import Candidate, CandidateRecognizer, Cue, Kind
from prefpairs.deid.recognizers.common_words import COMMON_WORDS, words

_CAPITAL = r"[A-ZÀ-ÖØ-Þ]"
_WORK = (
    r"\b(?:work(?:s|ed|ing)?|employed|hired|interning|interned|internship|intern|jobs?|shifts?|"
    r"manager|supervisor|cashier|nurse|teacher|barista|"
    r"career|position|gig|fired|laid[ ]off|let[ ]go|quit(?:ting)?|resigned|offer|interview(?:ed|"
    r"ing)?|volunteer(?:ed|ing|s)?|employee|server|"
    r"engineer|driver|waitress|bartender|full[ -]time|part[ -]time|applied|promoted|transferred)"
    r"(?:[ ](?:here|nights|days|weekends|full[ -]time|part[ -]time|overnight|retail|security)"
    r")?[ ](?:at|for|from|by)[ ]+(?:the[ ]|a[ ])?"
)
_STUDY = (
    r"\b(?:attend(?:s|ed|ing)?|went[ ]to|go(?:es|ing)?[ ]to|stud(?:y|ies|ied|ying)"
    r"[ ](?:\w+[ ])?at|enrolled[ ](?:in|at)|graduat(?:e|ed|ing)[ ]from|students?[ ]at|"
    r"accepted[ ](?:to|into|at|by)|transfer(?:red|ring)?[ ](?:to|from)|expelled[ ]from|"
    r"dropped[ ]out[ ]of|(?:freshman|sophomore|junior|senior|professor|grad[ ]student|undergrad|"
    r"degree|phd|masters?|class(?:es)?)[ ](?:at|from|in)|"
    r"admitted[ ](?:to|at)|patient[ ]at|inpatient[ ]at|hospitali[sz]ed[ ]at|taken[ ]to|"
    r"discharged[ ]from|rehab[ ]at|treatment[ ]at|seen[ ]at)[ ]+(?:the[ ])?"
)
AT_WORK = re.compile(rf"(?:{_WORK}|{_STUDY}|\bmy[ ]+)\Z", re.IGNORECASE)
"""What stands before where somebody works or studies."""
_NO_EMPLOYERS = COMMON_WORDS | words(
    "home night monday christmas love money peace happiness change equality all god covid myself minimum"
)
_NO_SCHOOLS = words(
    """
    AA NA ER ED ICU IOP PHP CBT DBT EMDR ECT TMS HS US USA UK EU PE GED AP IB PT OT TV DC LA NYC SF MD RN
    CNA IRL OK AP GP PA DMV PTSD OCD BPD ADHD DID CPS NHS SSRI MH DR RTC ABA IEP STEM PHD MBA BA BS MA MS
    MSW MRI CT ETC IT HR CVS GYN OB OA CA
    """
)
_EMPLOYER = re.compile(rf"{_WORK}\Z", re.IGNORECASE)
_STUDIES_AT = re.compile(rf"{_STUDY}\Z", re.IGNORECASE)
_EMPLOYER_NAME = re.compile(
    rf"{_CAPITAL}[\w&'’.-]{{0,24}}(?:[ ](?:&[ ]|and[ ]|of[ ]|"
    rf"the[ ])?{_CAPITAL}[\w&'’.-]{{1,24}}){{0,3}}"
)
_ACRONYM = re.compile(r"[A-Z]{2}[A-Z&]{0,4}(?![\w.-])")


def _employer(candidate: Candidate) -> Range | None:
    """Accept what has a capital after `I work at`, up to the first common word."""
    name = _EMPLOYER_NAME.match(candidate.text, candidate.start)
    if name is None:
        return None
    kept = candidate.start
    for part in re.finditer(r"\S+", name[0]):
        if names.folded(part[0].strip(".,'’")) in _NO_EMPLOYERS and part[0] not in ("&", "and"):
            break
        kept = candidate.start + part.end()
    end = candidate.start + len(candidate.text[candidate.start : kept].rstrip(".,'’"))
    return (candidate.start, end) if end - candidate.start > 1 else None


def _school(candidate: Candidate) -> Range | None:
    acronym = _ACRONYM.match(candidate.text, candidate.start)
    return acronym.span() if acronym and acronym[0] not in _NO_SCHOOLS else None


class WorkplaceRecognizer(CandidateRecognizer):
    """Finds employers, and schools in capitals, where somebody says that they work or study there."""

    ENTITY = "ORGANIZATION"
    CUES = (
        Cue(
            name="I work at Acme",
            score=0.6,
            last=words("at for from by the a"),
            kinds=frozenset(Kind) - {Kind.UNKNOWN},
            pattern=_EMPLOYER,
            accept=_employer,
        ),
        Cue(
            name="I went to MIT",
            score=0.5,
            last=words("at to from in into by of the"),
            kinds=frozenset({Kind.CAPITAL}),
            pattern=_STUDIES_AT,
            accept=_school,
        ),
    )
