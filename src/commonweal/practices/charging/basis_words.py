"""Generated sentences about what a line was converted from: another unit, another currency."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.catalogue.public import UnitConversion, ratio_text
from commonweal.kernel.words import public as words

from .models import BillLine, ExchangeRate
from .selectors.conversions import line_conversions


def ratio_of(row: UnitConversion | ExchangeRate) -> Fraction:
    """The exact ratio of a row of either table."""
    return Fraction(row.numerator, row.denominator)


def conversion_text(row: UnitConversion) -> str:
    """`1 minute counts as 1/60 hour`."""
    ratio, own = ratio_of(row), row.charge_item.unit
    return _("1 %(other)s counts as %(ratio)s %(own)s") % {
        "other": row.unit.singular,
        "ratio": ratio_text(ratio),
        "own": own.plural if ratio > 1 else own.singular,
    }


def exchange_text(row: ExchangeRate, book: str) -> str:
    """`1 EUR is 1.08 USD`, exactly."""
    ratio = ratio_of(row)
    return _("1 %(currency)s is %(ratio)s %(book)s") % {
        "currency": row.currency,
        "ratio": words.quantity(words_decimal(ratio)) if exact(ratio) else ratio_text(ratio),
        "book": book,
    }


def exact(ratio: Fraction) -> bool:
    """Whether a ratio has at most nine decimals."""
    return (ratio * 10**9).denominator == 1


def words_decimal(ratio: Fraction) -> Decimal:
    """A ratio that `exact` found, as a decimal."""
    return Decimal(int(ratio * 10**9)).scaleb(-9).normalize()


def basis_sentences(actor: Actor, line: BillLine) -> list[str]:
    """What a line was before it was converted, in both figures; empty where nothing was."""
    found = [
        _(
            "%(records)s of its usage records came in %(unit)s: %(sent)s %(unit)s count as "
            "%(counted)s %(own)s (%(ratio)s, in force from %(day)s)."
        )
        % {
            "records": words.quantity(each.records),
            "unit": each.conversion.unit.plural,
            "sent": words.quantity(each.sent),
            "counted": words.quantity(each.counted),
            "own": each.conversion.charge_item.unit.plural,
            "ratio": conversion_text(each.conversion),
            "day": words.day(each.conversion.starts),
        }
        for each in line_conversions(actor, line)
    ]
    if line.exchange is not None and line.priced_exact is not None:
        found.append(
            _(
                "Its rate is in %(currency)s: %(priced)s came to %(amount)s "
                "(%(ratio)s, in force from %(day)s, %(source)s)."
            )
            % {
                "currency": line.exchange.currency,
                "priced": words.rate(line.priced_exact, line.exchange.currency),
                "amount": words.money(line.amount_minor, line.bill.currency),
                "ratio": exchange_text(line.exchange, line.bill.currency),
                "day": words.day(line.exchange.starts),
                "source": line.exchange.source,
            }
        )
    if line.exact_before:
        found.append(
            _(
                "Earlier lines for the same month came to %(before)s before rounding; this line "
                "is what rounding the whole adds to theirs."
            )
            % {"before": words.rate(line.exact_before, line.bill.currency)}
        )
    return found
