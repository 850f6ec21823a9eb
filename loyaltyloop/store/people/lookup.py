"""Finding the customer that a person means: by an id of theirs, or by e-mail address."""

from __future__ import annotations

from sqlalchemy import Connection, Table, func, select

from loyaltyloop.errors import UserError
from loyaltyloop.store.models import Customer, Identity

customer: Table = Customer.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]


def find_customer(connection: Connection, named: str) -> int:
    """The customer of that user id, anonymous id, first id or address. UserError if there is not just one."""
    for found in (_by_identity(connection, named), _by_key(connection, named), _by_email(connection, named)):
        if len(found) == 1:
            return found[0]
        if found:
            keys = select(customer.c.key).where(customer.c.id.in_(found)).order_by(customer.c.key)
            several = ", ".join(connection.execute(keys.limit(10)).scalars())
            raise UserError(
                f"{len(found)} customers have the address {named!r}: {several}. Name one by its id."
            )
    raise UserError(
        f"There is no customer {named!r}: give the user id, or the e-mail address. Customers that were "
        "imported are known from the first turn on."
    )


def _by_identity(connection: Connection, named: str) -> list[int]:
    # A user id wins over an anonymous one of the same text.
    rows = connection.execute(
        select(identity.c.customer_id).where(identity.c.value == named).order_by(identity.c.kind.desc())
    )
    return list(rows.scalars())[:1]


def _by_key(connection: Connection, named: str) -> list[int]:
    return list(connection.execute(select(customer.c.id).where(customer.c.key == named)).scalars())


def _by_email(connection: Connection, named: str) -> list[int]:
    address = select(customer.c.id).where(func.lower(customer.c.email) == named.lower())
    return sorted(connection.execute(address).scalars())
