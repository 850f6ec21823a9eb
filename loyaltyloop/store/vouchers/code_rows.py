"""Rows of codes.csv as codes of pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from loyaltyloop.errors import DataError
from loyaltyloop.journey.clock.times import read_instant, to_instant
from loyaltyloop.journey.codes import matched
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.bulk import fill_temporary, insert_rows
from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.database import lock_shop
from loyaltyloop.store.events.ingest import Recorded
from loyaltyloop.store.importing.columns import by_name, check_names, passed_over
from loyaltyloop.store.importing.rejects import Faults
from loyaltyloop.store.vouchers.stock import used_of, voucher

COLUMNS = ("pool", "code", "expires")
LONGEST = 64
_WRITTEN = ("pool", "code", "matched", "state", "made", "ends_at")
_DAY = len("2026-01-31")

CodeRow = tuple[str, str, datetime | None]  # pool, code, its last instant


def check_header(path: Path, header: Sequence[str]) -> None:
    """DataError if a column is missing, or named almost as one that there is."""
    if "pool" not in header:
        raise DataError(f"{path}: codes need a column 'pool', with the name of a pool of shop.yaml.")
    check_names(path, header, COLUMNS, "codes")


@dataclass
class CodeRows:
    """Reads the rows of one file and records them. No row holds anything of a person."""

    shop: Shop
    now: datetime
    header: Sequence[str]
    _seen: set[str] = field(default_factory=set)

    def read(self, fields: Sequence[str]) -> CodeRow:
        """The code of these fields. Refused says all for which it cannot be taken, and never the code."""
        given, faults = by_name(self.header, fields), Faults()
        pool, code = given["pool"], given["code"]
        faults.of(self._check_pool, pool)
        faults.of(self._check_code, code)
        ends_at = faults.of(self._ends_at, given.get("expires", ""))
        faults.tell()
        self._seen.add(matched(code))
        return pool, code, ends_at

    def _check_pool(self, name: str) -> None:
        found = next((one for one in self.shop.vouchers if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.shop.vouchers if one.pattern is None)
            raise Refused(f"shop.yaml has no pool {name[:60]!r}; it has {known or 'none'}")
        if found.pattern is not None:
            raise Refused(f"the codes of {name!r} are made by a pattern, and not imported")

    def _check_code(self, code: str) -> None:
        if not matched(code) or len(code) > LONGEST:
            raise Refused("code is empty" if not matched(code) else f"code is longer than {LONGEST} letters")
        if matched(code) in self._seen:
            raise Refused("the same code stands in an earlier row of this file")

    def _ends_at(self, text: str) -> datetime | None:
        """A day is meant to its end, where the shop is."""
        if not text:
            return None
        instant = read_instant(text)
        if instant is None:
            raise Refused(f"expires {text[:40]!r} is no date: write it as 2026-12-31")
        if len(text) == _DAY:
            zone = self.shop.timezone
            instant = to_instant(datetime.combine(instant.date() + timedelta(days=1), time()), zone)
        if instant <= self.now:
            raise Refused("it has expired already")
        return instant

    def notes(self) -> list[str]:
        """What a person should know beside the counts."""
        return passed_over(self.header, COLUMNS)

    def write(self, connection: Connection, rows: Sequence[CodeRow]) -> Recorded:
        """Record the codes that are new, in their order; a code that is there already stays as it is.

        One that an order used before it came is taken: nobody is given it.
        """
        lock_shop(connection)
        known = _known(connection, {matched(code): pool for pool, code, _ in rows})
        unknown = [row for row in rows if matched(row[1]) not in known]
        used = used_of(connection, {matched(code) for _, code, _ in unknown})
        new = [
            (pool, code, matched(code), "taken" if matched(code) in used else "free", False, ends_at)
            for pool, code, ends_at in unknown
        ]
        insert_rows(connection, voucher, _WRITTEN, new)
        return Recorded(len(new), len(rows) - len(new))


def _known(connection: Connection, codes: Mapping[str, str]) -> set[str]:
    asked = fill_temporary(connection, "asked_code", {"matched": str}, ((code,) for code in codes))
    found = select(voucher.c.matched).join(asked, asked.c.matched == voucher.c.matched)
    return set(connection.execute(found).scalars())
