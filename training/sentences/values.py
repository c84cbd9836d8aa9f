"""A random generator -> phones, cards, account numbers, keys and other identifiers with a form of their own.

Numbers that could be somebody's are drawn from ranges that nobody has where such ranges exist: 555 exchanges,
Ofcom's, ACMA's and the Bundesnetzagentur's numbers for drama, the documentation networks of RFC 5737, and
social security numbers of areas above 779.
"""

import hashlib
from random import Random
from typing import Final

_HEX: Final = "0123456789abcdef"
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ALPHANUMERIC: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_US_SHAPES: Final = (
    "{0}-555-{1}", "({0}) 555-{1}", "{0}.555.{1}", "+1 {0} 555 {1}", "1-{0}-555-{1}", "{0} 555 {1}", "{0}555{1}",
    "+1{0}555{1}", "({0})555-{1}",
)  # fmt: skip
_DRAMA: Final = (
    "020 7946 0{0}", "0161 496 0{0}", "0113 496 0{0}", "+44 20 7946 0{0}", "(0131) 496 0{0}", "0117 4960{0}",
    "+44 (0)121 496 0{0}", "02 5550 0{0}", "(02) 7010 0{0}", "+61 2 5550 0{0}", "0491 570 {0}", "+61 491 570 {0}",
    "030 23125 {0}", "+49 69 90009{0}", "01 99 00 1{1} {2}", "+33 1 99 00 1{1} {2}",
)  # fmt: skip
_CARD_STARTS: Final = (
    *("400000", "424242", "555555", "411111") * 2,
    "222300",
)  # the last: Mastercard's newer range
_CARD_LENGTH: Final = 16
_IBAN_SHAPES: Final = (("DE", "d" * 18), ("GB", "LLLL" + "d" * 14), ("NL", "LLLL" + "d" * 10), ("ES", "d" * 20),
                       ("FR", "d" * 23), ("IE", "LLLL" + "d" * 14), ("IT", "L" + "d" * 22))  # fmt: skip
_SECRET_SHAPES: Final = (
    ("sk-", _ALPHANUMERIC, 48), ("ghp_", _ALPHANUMERIC, 36), ("AKIA", _LETTERS + "234567", 16),
    ("xoxb-", _ALPHANUMERIC, 40), ("hf_", _ALPHANUMERIC, 34), ("AIza", _ALPHANUMERIC, 35),
    ("sk_live_", _ALPHANUMERIC, 24),
)  # fmt: skip
_NETWORKS: Final = ("192.0.2", "198.51.100", "203.0.113")


def digits(rng: Random, count: int) -> str:
    """Return `count` digits."""
    return "".join(str(int(rng.random() * 10)) for _ in range(count))


def drawn(rng: Random, alphabet: str, count: int) -> str:
    """Return `count` characters of an alphabet."""
    return "".join(alphabet[int(rng.random() * len(alphabet))] for _ in range(count))


def phone(rng: Random, areas: list[str]) -> str:
    """Return a phone number in a loose format: six in ten of North America, the others British to French."""
    if rng.random() < 0.6:
        # 555-2000 to 555-8999: valid for a checker, in use by nobody.
        return rng.choice(_US_SHAPES).format(rng.choice(areas), rng.randint(2000, 8999))
    return rng.choice(_DRAMA).format(digits(rng, 3), digits(rng, 1), digits(rng, 2))


def card(rng: Random) -> str:
    """Return a card number with a valid check digit (Luhn), from the ranges that payment firms test with."""
    body = rng.choice(_CARD_STARTS)
    body += digits(rng, _CARD_LENGTH - 1 - len(body))
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in body[-1::-2])
    check = -(sum(doubled) + sum(map(int, body[-2::-2]))) % 10
    number = f"{body}{check}"
    return rng.choice(("", " ", "-")).join(_fours(number))


def iban(rng: Random) -> str:
    """Return an account number with valid check digits (ISO 7064 mod 97)."""
    country, shape = rng.choice(_IBAN_SHAPES)
    account = "".join(digits(rng, 1) if kind == "d" else drawn(rng, _LETTERS, 1) for kind in shape)
    check = 98 - int("".join(str(int(mark, 36)) for mark in f"{account}{country}00")) % 97
    number = f"{country}{check:02d}{account}"
    return rng.choice(("", " ")).join(_fours(number))


def ssn(rng: Random) -> str:
    """Return a social security number in one of its spellings."""
    area, group, serial = rng.randint(780, 899), rng.randint(10, 99), rng.randint(1000, 9999)
    return rng.choice(("{}-{}-{}", "{}-{}-{}", "{} {} {}")).format(area, group, serial)


def secret(rng: Random) -> str:
    """Return what looks like a key or a token of a well-known service."""
    start, alphabet, length = rng.choice(_SECRET_SHAPES)
    return start + drawn(rng, alphabet, length)


def ip_address(rng: Random) -> str:
    """Return an address of version 4, now and then of version 6, from the ranges for documentation."""
    if rng.random() < 0.2:
        return f"2001:db8:{drawn(rng, _HEX, 4)}::{drawn(rng, _HEX, 4)}"
    return f"{rng.choice(_NETWORKS)}.{rng.randint(2, 254)}"


def mac_address(rng: Random) -> str:
    """Return a hardware address."""
    return rng.choice((":", "-")).join(drawn(rng, _HEX, 2) for _ in range(6))


def uuid(rng: Random) -> str:
    """Return a random UUID."""
    lengths = (("", 8), ("", 4), ("4", 3), ("a", 3), ("", 12))
    return "-".join(start + drawn(rng, _HEX, length) for start, length in lengths)


def crypto(rng: Random) -> str:
    """Return what looks like a bitcoin address, with a valid check sum."""
    return _base58_check(b"\x00" + rng.randbytes(20))


def postcode(rng: Random) -> str:
    """Return a postcode of the US, Britain, Canada, Australia or India."""
    area = rng.choice(("SW", "LS", "M", "B", "EH", "CF", "NE", "BS", "G", "L", "NG", "S", "PL", "CB", "BN", "SE"))
    british = f"{area}{rng.randint(1, 19)} {rng.randint(1, 9)}{drawn(rng, 'ABDEFGHJLNPQRSTUWXYZ', 2)}"
    canadian = f"{drawn(rng, 'ABCEGHJKLMNPRSTVXY', 1)}{rng.randint(1, 9)}{drawn(rng, 'ABCEGHJKLMNPRSTVWXYZ', 1)} "
    canadian += f"{rng.randint(1, 9)}{drawn(rng, 'ABCEGHJKLMNPRSTVWXYZ', 1)}{rng.randint(1, 9)}"
    american = f"{rng.randint(1001, 99929):05d}"
    return rng.choice((american, american, american, british, british, canadian))


def _fours(number: str) -> list[str]:
    return [number[at : at + 4] for at in range(0, len(number), 4)]


def _base58_check(payload: bytes) -> str:

    whole = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(whole), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(whole) - len(whole.lstrip(b"\x00"))) + text
