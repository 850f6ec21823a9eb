"""What `make evaluate` runs: every method on each cut-off, tables in Markdown, all figures as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import orjson

from evaluation import buying, hours, recommendations, refilling, spending
from evaluation.cdnow import CUT_OFF, DAYS, read_cdnow
from evaluation.csv_file import CannotRead, read_csv
from evaluation.markdown import page
from evaluation.sample_year import NAME, read_year
from evaluation.shop import Shop, cut_offs
from evaluation.split import split
from evaluation.summary import summaries
from evaluation.tables import Table

SEED = 0


@dataclass(frozen=True)
class Options:
    """What was asked for: `days` is the window of recommendations, `horizon` that of lapse and value."""

    days: int = 30
    horizon: int = 90
    given: tuple[datetime, ...] = ()


class Part(NamedTuple):
    """`window`: which of the options says how many days behind a cut-off are judged."""

    measure: Callable[[Shop, Options], Iterator[Table]]
    window: Literal["days", "horizon"]


MOST_CUT_OFFS = 4
LONGEST = 3660  # days of a window
RAW = "online_retail_year1"  # how the files of the sample shop's own data begin


def _recommend(shop: Shop, options: Options) -> Iterator[Table]:
    for one in options.given or cut_offs(shop, options.days, MOST_CUT_OFFS, history=90):
        yield from recommendations.judge(shop, one, options.days, SEED)


def _lapse(shop: Shop, options: Options) -> Iterator[Table]:
    for one in options.given or cut_offs(shop, options.horizon, MOST_CUT_OFFS, history=90):
        yield buying.judge(shop, one, options.horizon, SEED)
    if shop.name == NAME:
        yield replace(
            buying.judge(read_cdnow(), CUT_OFF, DAYS, SEED), title="CDNOW: who buys within 39 weeks"
        )


def _value(shop: Shop, options: Options) -> Iterator[Table]:
    for one in options.given or cut_offs(shop, options.horizon, MOST_CUT_OFFS, history=90):
        yield spending.judge(shop, one, options.horizon, SEED)
    if shop.name == NAME:
        table = spending.judge(read_cdnow(), CUT_OFF, DAYS, SEED)
        yield replace(table, title="CDNOW: what is spent within 39 weeks")


def _refill(shop: Shop, options: Options) -> Iterator[Table]:
    for one in options.given or cut_offs(shop, options.days, MOST_CUT_OFFS, history=90):
        yield refilling.judge(shop, one, options.days, SEED)


def _hours(shop: Shop, options: Options) -> Iterator[Table]:
    given = options.given or cut_offs(shop, options.days, MOST_CUT_OFFS, history=90)
    judged = [one for one in given if len(split(shop, one, options.days).truth("all").who)]
    for one in judged:
        yield hours.judge(shop, one, options.days)
    if shop.name == NAME:
        yield from hours.all_made(SEED)


PARTS: Mapping[str, Part] = {
    "recommend": Part(_recommend, "days"),
    "lapse": Part(_lapse, "horizon"),
    "value": Part(_value, "horizon"),
    "refill": Part(_refill, "days"),
    "hours": Part(_hours, "days"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print; the exit code is 2 where the data cannot be judged."""
    options = _parser().parse_args(arguments)
    try:
        if options.json and not options.json.absolute().parent.is_dir():
            raise ValueError(f"--json: there is no folder {options.json.absolute().parent}")
        shop = _shop(options.data)
        tables = list(_measured(shop, options))
        if not tables:
            raise ValueError(
                f"{shop.name} is too short for a window with 90 days before it: say --cut-off, or fewer days"
            )
    except (CannotRead, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
    summed = list(summaries(tables))
    print(page(tables, summed))
    if options.json:
        found = {
            "data": shop.name,
            "tables": list(map(asdict, tables)),
            "summaries": list(map(asdict, summed)),
        }
        options.json.write_bytes(orjson.dumps(found, _named, orjson.OPT_INDENT_2))


def _shop(path: Path | None) -> Shop:
    """Of a file, which may be laid out as the sample shop's own is."""
    if path is None:
        return read_year()
    if not path.is_file():
        what = "it is a folder" if path.is_dir() else "there is no such file"
        raise CannotRead(f"{path} cannot be read: {what}")
    return read_year(path) if path.name.startswith(RAW) else read_csv(path)


def _measured(shop: Shop, options: argparse.Namespace) -> Iterator[Table]:
    asked = Options(options.days, options.horizon, tuple(options.cut_off or ()))
    parts = [PARTS[name] for name in ([options.only] if options.only else PARTS)]
    for window in sorted({part.window for part in parts}):
        for one in asked.given:
            _whole(shop, one, window, getattr(asked, window))
    for part in parts:
        yield from part.measure(shop, asked)


def _whole(shop: Shop, cut_off: datetime, window: str, days: int) -> None:
    """`ValueError` where the data end within the window: who has not come yet may come in the rest of it."""
    known = max(0, (shop.end - cut_off).days)
    if known >= days:
        return
    latest, ways = shop.end - timedelta(days=days), []
    if known:
        ways.append(f"--{window} {known}")
    if latest > shop.first:
        ways.append(f"a --cut-off of {latest:%Y-%m-%d} or earlier")
    what = f"an earlier --cut-off and a shorter --{window}"
    raise ValueError(
        f"only {known} of the {days} days from {cut_off:%Y-%m-%d} on are in {shop.name},"
        f" whose last order is of {shop.end - timedelta(days=1):%Y-%m-%d}: say {', or '.join(ways) or what}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument(
        "--data", type=Path, metavar="FILE.csv", help="order lines; else the sample shop's year"
    )
    parser.add_argument(
        "--cut-off", type=_day, action="append", metavar="DATE", help="may be given several times"
    )
    parser.add_argument(
        "--days",
        type=_length,
        metavar="N",
        default=Options.days,
        help="in which recommended products are bought",
    )
    parser.add_argument(
        "--horizon", type=_length, metavar="N", default=Options.horizon, help="days of lapse and value"
    )
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures there")
    return parser


def _named(value: Any) -> Any:
    """A tuple with names, for JSON."""
    return value._asdict()


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write for example 2010-09-01") from None


def _length(text: str) -> int:
    if not (text.isdecimal() and len(text) < 6 and 1 <= int(text) <= LONGEST):
        told = f"{text!r} are no days; write a whole number from 1 to {LONGEST:,}"
        raise argparse.ArgumentTypeError(told)
    return int(text)
