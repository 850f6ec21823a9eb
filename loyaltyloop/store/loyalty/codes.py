"""Each customer's own code by which friends come: always the same, unlike any other, and not to be guessed.

It is a keyed hash of the customer's first id. The codes are kept: another key gives others to new customers.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import Connection, Table, select

from loyaltyloop.store import bulk
from loyaltyloop.store.models import Customer, ReferralCode

customer: Table = Customer.__table__  # type: ignore[attr-defined]
code: Table = ReferralCode.__table__  # type: ignore[attr-defined]
_LENGTH = 12  # of 32 letters: 60 bits
# Letters that are read as others when a code is written down: those of Crockford's alphabet instead.
_PLAIN = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def made(secret: bytes, key: str, again: int = 0) -> str:
    """The code of the customer with this key; `again`: the next one, where somebody else has it."""
    message = f"referral\0{key}\0{again}".encode()
    letters = b32encode(hmac.digest(secret, message, sha256)).decode()[:_LENGTH]
    return letters.translate(_PLAIN)


def read_code(text: object) -> str:
    """A code as a friend may have typed it; empty for what can be none."""
    if not isinstance(text, str) or len(text) > 100:
        return ""
    letters = "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())
    letters = letters.translate(str.maketrans("OIL", "011"))
    return letters if len(letters) == _LENGTH else ""


def give_codes(connection: Connection, customers: Iterable[int], secret: bytes) -> None:
    """Give those of these customers a code who have none."""
    wanted = bulk.fill_temporary(connection, "coded", {"id": int}, ((who,) for who in sorted(customers)))
    without = (
        select(customer.c.id, customer.c.key)
        .join(wanted, wanted.c.id == customer.c.id)
        .where(customer.c.referral_code.is_(None), customer.c.erased_at.is_(None))
        .order_by(customer.c.id)
    )
    people = connection.execute(without).all()
    if not people:
        return
    rows: list[tuple[str, int]] = []
    again = 0
    while people:
        codes = {who: made(secret, key, again) for who, key in people}
        taken = _taken(connection, codes.values()) | {one for one, _ in rows}
        new = [(codes[who], who) for who, _ in people if codes[who] not in taken]
        rows += list({one: (one, who) for one, who in reversed(new)}.values())
        had = {who for _, who in rows}
        people = [one for one in people if one.id not in had]
        again += 1
    bulk.insert_rows(connection, code, ["code", "customer_id"], rows)
    bulk.update_rows(connection, customer, "id", ["referral_code"], [(who, one) for one, who in rows])


def _taken(connection: Connection, codes: Iterable[str]) -> set[str]:
    wanted = bulk.fill_temporary(connection, "code_wanted", {"code": str}, ((one,) for one in set(codes)))
    return set(connection.execute(select(code.c.code).join(wanted, wanted.c.code == code.c.code)).scalars())
