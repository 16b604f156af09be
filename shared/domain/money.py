"""Prints exact decimals and ratios. Money and ratios are never binary floats."""

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

EXACT = Context(prec=80, rounding=ROUND_HALF_EVEN)
"""Wide enough for sums of five million 24-digit amounts without rounding."""


def plain(number: Decimal) -> str:
    """A decimal without plus sign, exponent or trailing zeros: ``1234.5``, ``-3``, ``0``."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def rounded(ratio: Fraction, places: int) -> str:
    """A ratio with exactly ``places`` decimals, rounded half-even from its exact value.

    ``round`` of a Fraction is exact and half-even. Dividing decimals first would round twice.
    """
    scaled = round(ratio * 10**places)
    sign = "-" if scaled < 0 else ""
    digits = str(abs(scaled)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"
