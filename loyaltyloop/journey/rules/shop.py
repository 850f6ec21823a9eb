"""shop.yaml: zones, countries and currencies that exist, hours and markets that make sense."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources

from loyaltyloop.journey.clock.times import zone_names
from loyaltyloop.journey.reading.mistakes import did_you_mean
from loyaltyloop.journey.reading.places import shop_conditions
from loyaltyloop.journey.reading.tree import Path
from loyaltyloop.journey.rules.rule import Context, Found, Rule, found

# Source: ISO 4217, list one, without funds, metals and test codes.
_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_CODES.split())


@lru_cache(maxsize=1)
def countries() -> frozenset[str]:
    """Every country code of ISO 3166, from the pinned tzdata."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


def _zone(context: Context) -> Iterator[Found]:
    if (shop := context.shop) and shop.file.timezone not in zone_names():
        remedy = did_you_mean(
            shop.file.timezone, _near_zones(shop.file.timezone), "Write an IANA name, such as"
        )
        message = f"there is no time zone '{shop.file.timezone}'"
        yield found(shop.source, ("timezone",), message, remedy, "value")


def _near_zones(said: str) -> list[str]:
    city = said.rpartition("/")[2].lower()
    near = [zone for zone in zone_names() if zone.rpartition("/")[2].lower().startswith(city[:4])]
    return near or ["Europe/London", "America/New_York"]


def _country(context: Context) -> Iterator[Found]:
    if (shop := context.shop) is None:
        return
    said: list[tuple[Path, str]] = [(("country",), shop.file.country)]
    for name, market in shop.file.markets.items():
        said += [(("markets", name, "countries", at), code) for at, code in enumerate(market.countries)]
    for at, quiet in enumerate(shop.file.quiet_hours):
        said += [(("quiet_hours", at, "countries", n), code) for n, code in enumerate(quiet.countries)]
    for path, code in said:
        if code not in countries():
            remedy = (
                "Write GB for the United Kingdom."
                if code == "UK"
                else "Write its code of ISO 3166, such as GB."
            )
            yield found(shop.source, path, f"there is no country '{code}'", remedy, "value")


def _currency(context: Context) -> Iterator[Found]:
    if (shop := context.shop) is None:
        return
    said: list[tuple[Path, str]] = [(("currency",), shop.file.currency)]
    said += [(("markets", name, "currency"), market.currency) for name, market in shop.file.markets.items()]
    for path, code in said:
        if code not in CURRENCIES:
            remedy = "Write its code of ISO 4217, such as GBP or EUR."
            yield found(shop.source, path, f"there is no currency '{code}'", remedy, "value")


def _market_rate(context: Context) -> Iterator[Found]:
    if (shop := context.shop) is None:
        return
    for name, market in shop.file.markets.items():
        known = {market.currency, shop.file.currency} <= CURRENCIES
        if known and market.currency != shop.file.currency and market.rate is None:
            message = f"amounts in {market.currency} are unknown: the market '{name}' has no rate"
            remedy = f"Write 'rate:', what 1 {market.currency} is in {shop.file.currency}."
            yield found(shop.source, ("markets", name), message, remedy)
        if market.rate is not None and market.rate <= 0:
            message = "a rate is more than nothing"
            remedy = f"Write what 1 {market.currency} is in {shop.file.currency}."
            yield found(shop.source, ("markets", name, "rate"), message, remedy, "value")


def _market_country(context: Context) -> Iterator[Found]:
    if (shop := context.shop) is None:
        return
    first: dict[str, str] = {}
    for name, market in shop.file.markets.items():
        for at, code in enumerate(market.countries):
            if first.setdefault(code, name) != name:
                path = ("markets", name, "countries", at)
                message = f"{code} belongs to the market '{first[code]}' already"
                yield found(shop.source, path, message, "Keep it in one of the two.", "value")


def _address(context: Context) -> Iterator[Found]:
    url = context.shop.file.url if context.shop else None
    if context.shop and url is not None and not url.startswith("https://"):
        remedy = "Write the whole address: https://www.shop.example."
        yield found(context.shop.source, ("url",), f"'{url}' is no address of a shop", remedy, "value")


def _segment_of_journey(context: Context) -> Iterator[Found]:
    """A segment is asked about anybody; a step of an enrolment means nothing there."""
    if (shop := context.shop) is None:
        return
    for place in shop_conditions(shop.file):
        for word in ("answered", "scored", "redeemed", "trigger", "order", "same"):
            if getattr(place.condition, word) is not None:
                message = f"'{word}' means nothing outside a journey"
                remedy = "Ask for what customers have, did or are."
                yield found(shop.source, (*place.path, word), message, remedy)
        if place.condition.since not in (None, "ever"):
            remedy = "Write 'within: 30 days', or 'since: ever'."
            yield found(
                shop.source, (*place.path, "since"), "there is no entering here to count from", remedy
            )


RULES = (
    Rule("unknown-zone", "error", "A time zone that there is not.", _zone, alone=True),
    Rule("unknown-country", "error", "A country that there is not.", _country, alone=True),
    Rule("unknown-currency", "error", "A currency that there is not.", _currency, alone=True),
    Rule(
        "market-rate",
        "error",
        "A market in another currency without a rate, or with none above 0.",
        _market_rate,
    ),
    Rule("market-country", "error", "A country in two markets.", _market_country, alone=True),
    Rule("shop-address", "error", "A shop's `url` that is not https.", _address, alone=True),
    Rule(
        "outside-journey",
        "error",
        "A segment about what only an enrolment has.",
        _segment_of_journey,
        alone=True,
    ),
)
