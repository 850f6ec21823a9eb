"""Money and dates as a person reads them, by language: the filters `money` and `date`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.money import exponent

_SIGNS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥", "INR": "₹", "KRW": "₩", "AUD": "A$", "NZD": "NZ$"}
_SIGNS |= {"CAD": "CA$", "ILS": "₪", "UAH": "₴", "TRY": "₺", "BRL": "R$", "PLN": "zł", "CZK": "Kč"}
# Language: thousands mark, decimal mark, sign in front of the amount. From the Unicode CLDR.
_MARKS = {
    "en": (",", ".", True),
    "de": (".", ",", False),
    "fr": ("\u202f", ",", False),
    "es": (".", ",", False),
    "it": (".", ",", False),
    "nl": (".", ",", True),
    "pl": ("\u00a0", ",", False),
    "pt": (".", ",", False),
    "sv": ("\u00a0", ",", False),
}
# Names of the months, from the Unicode CLDR.
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada"
    " grudnia",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}
_DAYS = {"en": "{d} {m}", "de": "{d}. {m}", "es": "{d} de {m}", "pt": "{d} de {m}"}
_YEARS = {"es": " de {y}", "pt": " de {y}"}


@dataclass(slots=True)
class Reader:
    """How amounts and dates are written for this customer."""

    currency: str
    locale: str | None
    zone: str


class Money(Decimal):
    """An amount in major units, as files and templates mean it, that prints as the customer reads it."""

    currency: str
    text: str

    def __str__(self) -> str:
        return self.text

    def __html__(self) -> str:
        return self.text


@lru_cache(maxsize=65536)
def money_of(minor: int, currency: str, locale: str | None = None) -> Money:
    """Integer minor units (as stored) as `Money`: `money_of(450, "GBP")` prints £4.50."""
    amount = Money(Decimal(minor).scaleb(-exponent(currency)))
    amount.currency = currency
    amount.text = _money_text(Decimal(amount), currency, locale)
    return amount


def money(value: object, currency: str, locale: str | None = None) -> str:
    """Major units as text. ValueError for what is no amount."""
    if isinstance(value, Money):
        return value.text
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError(f"{type(value).__name__} is no amount of money")
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no amount of money") from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 15:
        raise ValueError(f"{value!r} is no amount of money")
    return _money_text(amount, currency, locale)


@lru_cache(maxsize=65536)
def _money_text(amount: Decimal, currency: str, locale: str | None) -> str:
    thousands, point, before = _MARKS.get(language_of(locale), _MARKS["en"])
    exact = abs(amount).quantize(Decimal(1).scaleb(-exponent(currency)), ROUND_HALF_EVEN)
    number = f"{exact:,}".translate({ord(","): thousands, ord("."): point})
    sign = _SIGNS.get(currency, currency)
    minus = "-" if amount < 0 and exact else ""
    if not before:
        return f"{minus}{number}\u00a0{sign}"
    gap = "\u00a0" if sign[-1].isalnum() else ""
    return f"{minus}{sign}{gap}{number}"


def language_of(locale: str | None) -> str:
    """`de` of `de-DE`, `de_AT` or `DE`; `en` where nothing is known."""
    return (locale or "en").replace("_", "-").split("-")[0].lower()


def day(value: object, style: str = "long", locale: str | None = None, zone: str = "UTC") -> str:
    """A date as text: `long` 4 March 2026, `short` 4 March, `iso` 2026-03-04, `month` March, `year` 2026.

    Instants are shown as the day in `zone`. ValueError for what is no date or no style.
    """
    return _day_text(_as_date(value, zone), style, language_of(locale), locale or "")


def _as_date(value: object, zone: str) -> date:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if len(value) > 10 else date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{value!r} is no date") from None
    if isinstance(value, datetime):
        return (to_local(value, zone) if value.tzinfo else value).date()
    if not isinstance(value, date):
        raise ValueError(f"{type(value).__name__} is no date")
    return value


@lru_cache(maxsize=8192)
def _day_text(value: date, style: str, language: str, locale: str) -> str:
    language = language if language in _MONTHS else "en"
    month = _MONTHS[language].split()[value.month - 1]
    american = locale.replace("_", "-").lower() == "en-us"
    short = (
        f"{month} {value.day}" if american else _DAYS.get(language, "{d} {m}").format(d=value.day, m=month)
    )
    year = f", {value.year}" if american else _YEARS.get(language, " {y}").format(y=value.year)
    match style:
        case "long":
            return short + year
        case "short":
            return short
        case "month":
            return month
        case "year":
            return str(value.year)
        case "iso":
            return value.isoformat()
    raise ValueError(f"no style {style!r} of a date: write long, short, month, year or iso")
