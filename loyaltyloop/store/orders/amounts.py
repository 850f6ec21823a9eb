"""Amounts of events as integer minor units of the shop's currency; None where that cannot be known."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.money import exponent

_AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
LARGEST = 10**12  # minor units; so that sums over all orders of anybody stay within 64 bits
_NEARLY = 1e-6


class Exchange:
    """Converts on arrival, by the rates of shop.yaml's markets; of a currency alone no other is known."""

    def __init__(self, shop: Shop | str) -> None:
        self.currency = shop if isinstance(shop, str) else shop.currency
        self.decimals = exponent(self.currency)
        self._scale = 10**self.decimals
        markets = () if isinstance(shop, str) else shop.markets
        self._rates = {market.currency: market.rate for _, market in markets if market.rate is not None}

    def rate(self, currency: str | None) -> Decimal | None:
        """One unit of `currency` in the shop's; no currency means the shop's own. None: not known."""
        if currency is None or currency == self.currency:
            return Decimal(1)
        return self._rates.get(currency)

    def minor(self, amount: Any, currency: str | None) -> int | None:
        """An amount in major units of `currency` as minor units of the shop's currency."""
        own = currency is None or currency == self.currency
        if own and type(amount) in (int, float) and abs(amount) < LARGEST:
            exact: float = amount * self._scale
            whole = round(exact)
            # Whole minor units, as nearly all prices are, need no decimal arithmetic.
            if abs(exact - whole) < _NEARLY and abs(whole) < LARGEST:
                return whole
        return self._converted(read_amount(amount), self.rate(currency))

    def _converted(self, amount: Decimal | None, rate: Decimal | None) -> int | None:
        if amount is None or rate is None:
            return None
        units = (amount * rate).scaleb(self.decimals)
        return int(units.quantize(Decimal(1), ROUND_HALF_UP)) if abs(units) < LARGEST else None

    def major(self, minor: int) -> float:
        """Minor units as a number in major ones, as files and templates speak of money."""
        value = minor / self._scale
        return int(value) if value.is_integer() else value


def read_amount(amount: Any) -> Decimal | None:
    """A number, or text that is one (`12.50`); None for all else."""
    match amount:
        case bool():
            return None
        case int() | float():
            text = repr(amount)
            return Decimal(text) if abs(amount) < LARGEST else None
        case str() if _AMOUNT.fullmatch(amount.strip()):
            return Decimal(amount.strip())
        case _:
            return None
