"""Names of countries, for reasons: from the table of the pinned `tzdata` package."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

# Where English says "the".
_WITH_ARTICLE = frozenset({"AE", "BS", "CF", "DO", "GB", "GM", "MV", "NL", "PH", "US"})
# The table names them by region.
_OWN_NAMES = {"GB": "United Kingdom", "KR": "South Korea", "US": "United States"}


def place_name(country: str) -> str:
    """A country as it stands after "in"; its code where it has no name."""
    name = _OWN_NAMES.get(country) or _names().get(country, country)
    return f"the {name}" if country in _WITH_ARTICLE else name


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {code: name.split(" (")[0] for code, name in rows}
