"""Phone numbers: customers write them as they like; texts go to one form of them (E.164)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from sqlalchemy import Connection, Table, and_, select, update

from loyaltyloop.store import bulk
from loyaltyloop.store.models import Customer

customer: Table = Customer.__table__  # type: ignore[attr-defined]

LONGEST = 60  # letters; a number has at most 15 digits (E.164), and people write words beside it
NOT_VALID = "the phone number is not valid"
LANDLINE = "the phone number is a landline's"
NO_TEXTS = "the phone number takes no texts"
# In some countries, as in the USA, a number does not tell which of the two it is.
_MOBILE = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.PERSONAL_NUMBER,
)


@dataclass(frozen=True)
class Phone:
    """`number`: where texts go (E.164); None where none can, and `why`."""

    number: str | None
    why: str = ""


@lru_cache(maxsize=65536)
def read_phone(text: str, *countries: str) -> Phone:
    """A number as somebody wrote it. `countries`: where it may be meant (ISO 3166), the likeliest first."""
    if len(text) > LONGEST:
        return Phone(None, NOT_VALID)
    for country in countries:
        try:
            number = phonenumbers.parse(text, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return _taken(number)
    return Phone(None, NOT_VALID)


def _taken(number: phonenumbers.PhoneNumber) -> Phone:
    kind = phonenumbers.number_type(number)
    if kind in _MOBILE:
        return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164))
    return Phone(None, LANDLINE if kind == PhoneNumberType.FIXED_LINE else NO_TEXTS)


def phone_of(written: str | None, country: str | None, shop_country: str) -> Phone:
    """A customer's number: as it is meant where they live, else where the shop is."""
    if not written:
        return Phone(None, "no phone number")
    return read_phone(written, *dict.fromkeys(one for one in (country, shop_country) if one))


def follow_shop(connection: Connection, shop_country: str) -> int:
    """After shop.yaml changed its country: numbers without a country of their own. How many have changed."""
    written = and_(customer.c.phone.is_not(None), customer.c.erased_at.is_(None))
    columns = (customer.c.id, customer.c.phone, customer.c.country, customer.c.sms_number)
    rows = connection.execute(select(*columns).where(written)).all()
    read = [(row.id, phone_of(row.phone, row.country, shop_country).number, row.sms_number) for row in rows]
    changed = [(number, new) for number, new, old in read if new != old]
    if changed:
        new = bulk.fill_temporary(connection, "moved_phone", {"id": int, "sms_number": str}, changed)
        connection.execute(
            update(customer).where(customer.c.id == new.c.id).values(sms_number=new.c.sms_number)
        )
    return len(changed)
