"""Files to journeys: all mistakes of all files at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from loyaltyloop.errors import FilesError, Problem
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.journey.reading.compile import compile_end, compile_steps, placed_steps
from loyaltyloop.journey.reading.cutting import cut_of
from loyaltyloop.journey.reading.deferred import used_in_journey
from loyaltyloop.journey.reading.entering import enter_of, goal_of
from loyaltyloop.journey.reading.meaning import Names, condition_of
from loyaltyloop.journey.reading.mistakes import read_model
from loyaltyloop.journey.reading.shop import shop_of
from loyaltyloop.journey.reading.source import read_source
from loyaltyloop.journey.reading.structure import duplicate_steps
from loyaltyloop.journey.reading.tree import Node, Path, Source
from loyaltyloop.journey.schema.journey import JourneyFile
from loyaltyloop.journey.schema.shop import ShopFile
from loyaltyloop.journey.templates import Templates

SHOP_FILE = "journeys/shop.yaml"
_TEMPLATES = (".html", ".txt", ".json", ".css")  # text, whatever stands in them


@dataclass(frozen=True)
class ReadJourney:
    """A journey file as read: where everything stands, what it says, what it means."""

    source: Source
    file: JourneyFile
    journey: Journey


@dataclass(frozen=True)
class ReadShop:
    """shop.yaml as read."""

    source: Source
    file: ShopFile
    shop: Shop


@dataclass(frozen=True)
class Reading:
    """All files of a project, read. `journeys` lacks the files in which something is wrong.

    `templates`: name below templates/, such as `welcome/hello.html` → text.
    """

    shop: Shop | None
    journeys: dict[str, Journey]
    problems: list[Problem]
    templates: dict[str, str]
    read: tuple[ReadJourney, ...] = ()
    read_shop: ReadShop | None = None
    names: frozenset[str] = frozenset()  # of all journey files, the broken ones too
    rest: Rest = field(default_factory=lambda: Rest())

    @cached_property
    def parsed(self) -> Templates:
        """The project's templates, parsed once for all who look into them."""
        return Templates(self.templates)


@dataclass
class Rest:
    """What is left of broken files without what is wrong in them, and the words that went with it."""

    journeys: list[ReadJourney] = field(default_factory=list)
    shop: ReadShop | None = None
    words: set[str] = field(default_factory=set)


@dataclass
class _Reader:
    problems: list[Problem] = field(default_factory=list)
    rest: Rest = field(default_factory=Rest)

    def source(self, file: str, data: str | bytes) -> Source | None:
        source, problems = read_source(file, data)
        self.problems += problems
        return source

    def shop(self, source: Source) -> ReadShop | None:
        file, problems = read_model(ShopFile, source)
        self.problems += problems
        if file is None:
            self._rest_of_shop(source)
            return None
        shop, problems = shop_of(file, source)
        self.problems += problems
        return ReadShop(source, file, shop)

    def _rest_of_shop(self, source: Source) -> None:
        cut = cut_of(source)
        if file := cut.rest(ShopFile):
            self.rest.shop = ReadShop(cut.source, file, shop_of(file, cut.source)[0])
            self.rest.words |= cut.words

    def journey(self, source: Source, shop: Shop | None) -> ReadJourney | None:
        file, problems = read_model(JourneyFile, source)
        self.problems += problems
        if file is None:
            self._rest_of_journey(source, shop)
            return None
        if twice := duplicate_steps(file, source):
            self.problems += [problem for _, problem in twice]
            self._rest_of_journey(source, shop, [path for path, _ in twice])
            return None
        return ReadJourney(source, file, journey_of(file, source, shop))

    def _rest_of_journey(self, source: Source, shop: Shop | None, wrong: Iterable[Path] = ()) -> None:
        cut = cut_of(source)
        cut.out(wrong)
        file = cut.rest(JourneyFile)
        if file is not None and not duplicate_steps(file, cut.source):
            self.rest.journeys.append(ReadJourney(cut.source, file, journey_of(file, cut.source, shop)))
            self.rest.words |= cut.words

    def text(self, file: str, data: str | bytes) -> str:
        if isinstance(data, str):
            return data
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            message = f"byte 0x{data[error.start]:02x} is not UTF-8"
            remedy = "Save the file as UTF-8; it was probably saved as Latin-1 or Windows-1252."
            self.problems.append(Problem(file, line, 1, "template-encoding", "error", message, remedy))
            return data.decode("utf-8", "replace")


def journey_of(file: JourneyFile, source: Source, shop: Shop | None) -> Journey:
    """The journey that a file without mistakes means."""
    steps = frozenset(place.name for place in placed_steps(file))
    names = Names(steps, dict(shop.segments) if shop else {})
    goal, goal_within = goal_of(file.goal, names)
    return Journey(
        name=file.journey,
        about=file.about,
        enter=enter_of(file.enter, names),
        steps=compile_steps(file, source, names),
        purpose=file.purpose,
        priority=file.priority,
        leave_when=tuple((why, condition_of(when, names)) for why, when in file.leave_when.items()),
        goal=goal,
        goal_within=goal_within,
        **({} if file.holdout is None else {"holdout": file.holdout}),
        at_end=compile_end(file, source, names),
        uses=used_in_journey(file, source),
    )


def read_project(files: Mapping[str, str | bytes]) -> Reading:
    """All files of a project (`journeys/*.yaml`, `journeys/shop.yaml`, `templates/**`), none on disk."""
    reader = _Reader()
    read_shop = _shop_of_project(reader, files)
    read: list[ReadJourney] = []
    names: set[str] = set()
    for path in sorted(files):
        if not path.startswith("journeys/") or path == SHOP_FILE:
            continue
        source = reader.source(path, files[path])
        names.add(_said_name(source, path))
        if source and (one := reader.journey(source, read_shop.shop if read_shop else None)):
            read.append(one)
    templates = {
        path.removeprefix("templates/"): reader.text(path, files[path])
        for path in sorted(files)
        if path.startswith("templates/") and not _is_picture(path, files[path])
    }
    journeys = {one.journey.name: one.journey for one in reversed(read)}
    shop = read_shop.shop if read_shop else None
    return Reading(
        shop,
        journeys,
        sorted(reader.problems),
        templates,
        tuple(read),
        read_shop,
        frozenset(names),
        reader.rest,
    )


def _is_picture(path: str, data: str | bytes) -> bool:
    """A picture, a font or the like, that lies among the templates and is none."""
    return not path.endswith(_TEMPLATES) and isinstance(data, bytes) and b"\0" in data


def _shop_of_project(reader: _Reader, files: Mapping[str, str | bytes]) -> ReadShop | None:
    if SHOP_FILE not in files:
        reader.problems.append(
            Problem(
                SHOP_FILE,
                1,
                1,
                "no-shop",
                "error",
                "there is no shop.yaml",
                "Write journeys/shop.yaml with shop, timezone, currency, country and sender.",
            )
        )
        return None
    source = reader.source(SHOP_FILE, files[SHOP_FILE])
    return reader.shop(source) if source else None


def _said_name(source: Source | None, path: str) -> str:
    match source and source.root.value:
        case {"journey": Node(value=str() as name)}:
            return name
        case _:
            return path.rpartition("/")[2].partition(".")[0]


def read_journey(text: str | bytes, shop: Shop | None = None, file: str = "journeys/journey.yaml") -> Journey:
    """One journey. FilesError with all that is wrong with it."""
    reader = _Reader()
    source = reader.source(file, text)
    read = reader.journey(source, shop) if source else None
    if read is None or reader.problems:
        raise FilesError(reader.problems)
    return read.journey


def read_shop(text: str | bytes, file: str = SHOP_FILE) -> Shop:
    """shop.yaml. FilesError with all that is wrong with it."""
    reader = _Reader()
    source = reader.source(file, text)
    read = reader.shop(source) if source else None
    if read is None or reader.problems:
        raise FilesError(reader.problems)
    return read.shop
