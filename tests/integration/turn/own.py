"""The project's own journeys on the stage: its shop, its templates, its quiet hours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Table, insert, select, update

from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import read, write
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Body, Product
from loyaltyloop.turn.runner import tick
from tests.integration.turn.stage import Stage, utc
from tests.reference.staging import ENROLMENT, MESSAGE, Taken

PROJECT = read_project(collect_files(Path(__file__).parents[3]))
body: Table = Body.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]
Got = list[tuple[str, str]]


class Own(Stage):
    """The sample shop with its own journeys, templates and quiet hours, from nine at night to eight.

    `journeys`: a turn is of these alone. `who`: customers who have consented; Ada, unless others are named.
    """

    def __init__(self, engine: Engine, *journeys: str, who: Iterable[str] = ("ada",)) -> None:
        super().__init__(engine)
        self.world = replace(self.world, ways={"email": Taken(), "hook": Taken()})
        self._journeys = journeys
        for name in who:
            self.knows(name, first_name=name.title())

    def apply(self, at: str, *journeys: str, shop: str = "", finish_old: Sequence[str] = ()) -> None:
        """All of the project's files."""
        apply(self.engine, PROJECT, utc(at))

    def turn(self, at: str) -> None:
        tick(self.world, utc(at), self._journeys)

    def also_of(self, *journeys: str) -> None:
        """From now on turns are of these, too."""
        self._journeys += journeys

    def ordered(self, at: str, number: str = "o1", who: str = "ada", arrived: str | None = None) -> None:
        lines = [{"product_id": "jar", "name": "Biscuit Jar", "price": 12.5, "quantity": 1}]
        words: dict[str, Any] = {"order_id": number, "total": 12.5, "currency": "GBP", "products": lines}
        self.did(who, "Order Completed", at, arrived, **words)

    def told(self, what: str, at: str, number: str = "o1", who: str = "ada") -> None:
        """What the warehouse or the carrier says of an order."""
        self.did(who, f"Order {what}", at, order_id=number)

    def key(self, step: str, who: str = "ada") -> str:
        """Of this customer's message of this step."""
        mine = (MESSAGE.c.step == step, ENROLMENT.c.customer_key == who)
        chosen = select(MESSAGE.c.key).where(MESSAGE.c.enrolment_id == ENROLMENT.c.id, *mine)
        with read(self.engine) as connection:
            return str(connection.execute(chosen).scalar_one())

    def clicked(self, step: str, at: str, who: str = "ada") -> None:
        self.did(who, "Email Link Clicked", at, email_id=self.key(step, who))

    def answered(self, step: str, answer: object, at: str, who: str = "ada", **more: Any) -> None:
        self.did(who, "Survey Answered", at, email_id=self.key(step, who), answer=answer, **more)

    # ── the shelves ──

    def sells(self, *names: str, **prices: int) -> None:
        """Products without a price, and some with one, in pence."""
        goods: Mapping[str, int | None] = dict.fromkeys(names) | prices
        rows = [
            {
                "product_id": name,
                "name": name.replace("_", " ").title(),
                "price": price,
                "currency": "GBP",
                "in_stock": True,
            }
            for name, price in goods.items()
        ]
        with write(self.engine) as connection:
            connection.execute(insert(product), rows)

    def now_is(self, name: str, **values: Any) -> None:
        """A product that has changed."""
        with write(self.engine) as connection:
            connection.execute(update(product).where(product.c.product_id == name).values(values))

    # ── what came of it ──

    def got(self) -> Got:
        """(local day and hour, step) of what was handed over, in order."""
        return [(at, step) for _, at, step in self._handed_over("%m-%d %H")]

    def letters(self) -> dict[str, Got]:
        """The same, with minutes, for each customer who got anything."""
        found: dict[str, Got] = {}
        for who, at, step in self._handed_over("%m-%d %H:%M"):
            found.setdefault(who, []).append((at, step))
        return found

    def _handed_over(self, form: str) -> list[tuple[str, str, str]]:
        when = MESSAGE.c.handed_over_at
        chosen = select(ENROLMENT.c.customer_key, when, MESSAGE.c.step).where(
            MESSAGE.c.enrolment_id == ENROLMENT.c.id, MESSAGE.c.state == "handed_over"
        )
        with read(self.engine) as connection:
            found = connection.execute(chosen.order_by(when, ENROLMENT.c.customer_key, MESSAGE.c.id))
            return [(who, at.strftime(form), step) for who, at, step in found]

    def text(self, step: str, who: str = "ada") -> str:
        """What was written to this customer."""
        joined = body.join(MESSAGE, MESSAGE.c.id == body.c.message_id)
        with read(self.engine) as connection:
            chosen = select(body.c.text).select_from(joined).where(MESSAGE.c.key == self.key(step, who))
            return str(connection.execute(chosen).scalar_one())
