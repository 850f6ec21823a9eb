"""How many minor units a currency has: 2.50 GBP are 250 pence, 250 JPY are 250 yen."""

from __future__ import annotations

# Source: ISO 4217, list one. Every other currency has two decimals.
_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_EXPONENTS = {currency: number for number, codes in _DECIMALS.items() for currency in codes.split()}


def exponent(currency: str) -> int:
    """The number of decimals of a currency (ISO 4217 code): one major unit is 10 ** exponent minor ones."""
    return _EXPONENTS.get(currency, 2)
