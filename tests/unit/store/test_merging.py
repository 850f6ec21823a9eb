"""Whatever is kept of a customer has a way to go when two are one."""

from __future__ import annotations

from sqlmodel import SQLModel

from loyaltyloop.store import models as models
from loyaltyloop.store.people import merging

# Each in its own way: baskets are told anew, consents, dates, enrolments, holdings, predictions; touches are
# dropped.
ALONE = {"basket", "consent", "customer_date", "enrolment", "holding", "touch"}
ALONE |= {"badge_earned", "loyalty_standing", "prediction", "referral", "referral_code"}


def test_no_table_is_forgotten() -> None:
    about = {table.name for table in SQLModel.metadata.sorted_tables if "customer_id" in table.columns}
    assert about == {model.__table__.name for model in merging.MOVED} | ALONE
