"""A date as people write it -> the date some days earlier, written alike. What is not understood is no date.

All dates of a thread move by the same days, so that what lies between them stays true.
"""

import re
from datetime import date, timedelta

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?P<day>\d{1,2})(?P<nth>st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:19|20)\d\d|['’]\d\d)"
_NUMERIC = re.compile(r"(?P<a>\d{4}|\d{1,2})(?P<mark>[-/.])(?P<b>\d{1,2})(?:(?P=mark)(?P<c>\d{4}|\d{2}))?")
_WORDED = (
    re.compile(rf"{_MONTH}\.?[ \t]+(?:the[ \t]+)?{_DAY}(?:,?[ \t]+{_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_DAY}(?:[ \t]+of)?[ \t]+{_MONTH}\.?(?:,?[ \t]+{_YEAR})?", re.IGNORECASE),
    re.compile(rf"{_MONTH}\.?,?[ \t]+{_YEAR}", re.IGNORECASE),
    re.compile(_MONTH, re.IGNORECASE),
)
_ANY_YEAR = 2023  # of a date that has none: no leap year, so every month has its ordinary length
_MIDDLE = 15
_CENTURY = 100


def shifted(identifier: str, *, days: int) -> str | None:
    """Return the date `days` earlier in the same form, or None if the form is unknown or there is no such day."""
    try:
        if numeric := _NUMERIC.fullmatch(identifier):
            return _numeric(numeric, days)
        for pattern in _WORDED:
            if worded := pattern.fullmatch(identifier):
                return _worded(worded, days)
    except (ValueError, OverflowError):
        pass
    return None


def _numeric(match: re.Match[str], days: int) -> str | None:
    first, second, third = match["a"], match["b"], match["c"]
    if len(first) == len("2023"):
        order, parts = "ymd", {"y": first, "m": second, "d": third}
    else:
        order = "dmy" if int(first) > len(_MONTHS) else "mdy"
        parts = {**dict(zip(order, (first, second, third), strict=True))}
    if parts["d"] is None:
        return None
    earlier = date(_year(parts["y"]), int(parts["m"]), int(parts["d"])) - timedelta(days=days)
    values = {"y": earlier.year, "m": earlier.month, "d": earlier.day}
    written = [_as_long_as(parts[name], values[name]) for name in order if parts[name] is not None]
    return match["mark"].join(written)


def _worded(match: re.Match[str], days: int) -> str:
    groups = match.groupdict()
    month = next(number for number, name in enumerate(_MONTHS, 1) if name.startswith(match["month"].lower()[:3]))
    day = int(groups.get("day") or _MIDDLE)
    earlier = date(_year(groups.get("year")), month, day) - timedelta(days=days)
    written = {
        "month": _month_like(match["month"], earlier.month),
        "day": str(earlier.day),
        "nth": _ordinal(earlier.day),
        "year": _as_long_as((groups.get("year") or "").lstrip("'’"), earlier.year),
    }
    text = match.string
    for name in sorted((name for name in written if groups.get(name)), key=match.start, reverse=True):
        start, end = match.span(name)
        start += name == "year" and text[start] in "'’"
        text = text[:start] + written[name] + text[end:]
    return text


def _year(text: str | None) -> int:
    digits = (text or str(_ANY_YEAR)).lstrip("'’")
    if len(digits) == len("2023"):
        return int(digits)
    # As POSIX reads two digits: 69 to 99 are of the last century.
    return int(digits) + (1900 if int(digits) > 68 else 2000)


def _as_long_as(model: str, value: int) -> str:
    if len(model) == len("23") and value > _CENTURY:
        return f"{value % _CENTURY:02d}"
    return f"{value:0{len(model)}d}" if model.startswith("0") else str(value)


def _month_like(model: str, month: int) -> str:
    name = _MONTHS[month - 1]
    short = len(model) <= len("sept") and model.lower() not in _MONTHS
    name = name[:3] if short else name
    if model.isupper():
        return name.upper()
    return name if model.islower() else name.capitalize()


def _ordinal(day: int) -> str:
    if 11 <= day <= 13:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
