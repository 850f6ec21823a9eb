"""The audits of vouchers find what breaks their promises."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, Table, insert, update

from loyaltyloop.store.audits import vouchers
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Enrolment, Gift, Voucher
from tests.integration.store.shop import SHOP
from tests.integration.store.shops import NOW, place

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
gift: Table = Gift.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]


def test_each_finds_what_breaks_its_promise(engine: Engine) -> None:
    words: dict[str, Any] = {"customer_id": 1, "journey": "welcome", "step": "treat", "kind": "voucher"}
    words |= {"given_at": NOW, "what": "spring", "value": "10%"}
    with write(engine) as connection:
        [one, other] = place(connection, "hello", 2)
        code = {"pool": "spring", "made": False}
        for name in ("A-1", "B-1"):
            row = {**code, "code": name, "matched": name, "state": "taken"}
            connection.execute(insert(voucher).values(row))
        for number, state, name in ((one, "reserved", "A-1"), (other, "reserved", "B-1")):
            row = {**words, "enrolment_id": number, "state": state, "code": name, "matched": name}
            connection.execute(insert(gift).values(row))

        def found() -> list[list[str]]:
            audits = (vouchers.CODES, vouchers.SHOWN, vouchers.KEPT)
            return [[breach.key for breach in audit.find(connection, SHOP, NOW)] for audit in audits]

        assert found() == [[], [], []]
        connection.execute(update(voucher).where(voucher.c.code == "A-1").values(state="free"))
        assert found() == [["gift 1"], [], []]
        connection.execute(update(gift).where(gift.c.id == 1).values(state="committed", message_key="none"))
        assert found() == [["gift 1"], ["gift 1"], []]
        ended = NOW + timedelta(days=1)
        connection.execute(update(enrolment).values(ended_at=ended, end="completed", state="ended"))
        assert found() == [["gift 1"], ["gift 1"], ["gift 2"]]
