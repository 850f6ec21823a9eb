"""Values of a delivery, read with suspicion: what is not of its kind is unknown, and never an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from loyaltyloop.journey.clock.times import read_instant
from loyaltyloop.store.canonical import LONGEST_ID, Refused, number, plain_text
from loyaltyloop.store.orders.amounts import read_amount
from loyaltyloop.store.people.customers import LONGEST_TEXT, read_email

Payload = Mapping[str, Any]
MOST = 5000  # elements of a list that are read
_FRACTION = re.compile(r"(\.\d{6})\d+")  # the sixth digit is the last that a datetime keeps


def text(value: object) -> str | None:
    """Text without blanks around it; numbers become text."""
    if type(value) is int:
        return str(value)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_TEXT:
        return None
    try:
        return plain_text(value.strip())
    except Refused:
        return None


def codes_of(used: Sequence[Payload]) -> dict[str, Any]:
    """The vouchers of an order: `coupon`, the first, and `coupons`, all codes where there are several."""
    codes = [code for each in used if (code := text(each.get("code"))) is not None]
    first = text(used[0].get("code")) if used else None
    return {"coupon": first, "coupons": codes if len(codes) > 1 else None}


def bought(lines: Iterable[Payload]) -> Iterator[tuple[Payload, dict[str, Any]]]:
    """Lines of an order, each with what all shops call alike of its product.

    One that an edit took away altogether has no pieces, and is none.
    """
    for line in lines:
        pieces = whole(line.get("quantity"))
        if pieces is None or pieces > 0:
            yield (
                line,
                {
                    "product_id": identifier(line.get("product_id")),
                    "sku": identifier(line.get("sku")),
                    "price": amount(line.get("price")),
                    "quantity": pieces,
                },
            )


def identifier(value: object) -> str | None:
    """An id as text. Zero is none: WooCommerce writes it where there is nothing."""
    found = text(value)
    return found if found is not None and found != "0" and len(found) <= LONGEST_ID else None


def needed(payload: Payload, name: str) -> str:
    """The id of this name. Refused if there is none."""
    found = identifier(payload.get(name))
    if found is None:
        raise Refused(f"no {name}")
    return found


def email(value: object) -> str | None:
    """What can be an e-mail address."""
    return read_email(text(value), None)


def amount(value: object) -> int | float | None:
    """A number, or text that is one, in major units."""
    found = read_amount(value)
    return None if found is None else number(float(found))


def whole(value: object) -> int | None:
    """A whole number."""
    return value if type(value) is int else None


def instant(value: object) -> datetime | None:
    """An ISO 8601 instant with its offset."""
    return read_instant(_FRACTION.sub(r"\1", value) if isinstance(value, str) else None)


def block(value: object) -> Payload:
    """A JSON object; an empty one for all else."""
    return value if isinstance(value, Mapping) else {}


def blocks(value: object) -> list[Payload]:
    """The JSON objects of a list, as many as are read."""
    listed = value[:MOST] if isinstance(value, list) else []
    return [item for item in listed if isinstance(item, Mapping)]


def given(**values: Any) -> dict[str, Any]:
    """Those values that are known, by name."""
    return {name: value for name, value in values.items() if value is not None}
