"""Where people's data stands: each table, what an export tells of it, and what is left after an erasure.

A test walks over all tables and columns: who adds one finds here what to say of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import ColumnElement, String, Table, cast, literal

from loyaltyloop.store import models

# What leads from a row to its person: a column with a customer, an enrolment, a message, or an id of theirs.
By = Literal["id", "customer_id", "enrolment_id", "message_id", "key"]
NUMBER = "a number of ours"
FINGERPRINT = "tells apart what is kept twice; no word about them"


@dataclass(frozen=True)
class Part:
    """Rows that are about a person. `name`: in the export; within `inside`, if that is another part's.

    `untold`: columns that the export leaves out, and why. `becomes`: columns that an erasure overwrites, and
    with what; all others stay, which `stays` must name. None: the rows are deleted.
    """

    table: Table
    name: str
    by: By = "customer_id"
    inside: str = ""
    untold: Mapping[str, str] = field(default_factory=dict)
    becomes: Mapping[str, Any] | None = None
    stays: frozenset[str] = frozenset()


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found


def _nameless(table: Table, column: str = "id") -> ColumnElement[str]:
    """A text that is like no other, and says nothing."""
    return literal("erased:", String()) + cast(table.c[column], String)


def _empty(names: str) -> dict[str, None]:
    return dict.fromkeys(names.split())


def _stays(*names: str) -> frozenset[str]:
    return frozenset(names)


_C, _E, _N, _Y, _M = map(
    _table, (models.Customer, models.Event, models.Enrolment, models.Entry, models.Message)
)
_OWNER = {"customer_id": NUMBER}
_INSIDE = {"enrolment_id": NUMBER}

PARTS: tuple[Part, ...] = (
    Part(
        _C,
        "customer",
        by="id",
        untold={"id": NUMBER},
        becomes={"key": _nameless(_C), "attributes": {}, "stamps": {}, "tags": []}
        | _empty("email phone sms_number first_name last_name birthday country city timezone locale")
        | _empty("created_at paused_until average_order favourite_category tier badges referral_code")
        | _empty("first_order_at last_order_at first_seen_at last_seen_at")
        | {"zone": "UTC", "zone_from": "shop", "often": "normal"}
        | dict.fromkeys(("orders", "lifetime_value", "points", "open_cases"), 0),
        stays=_stays("id", "erased_at"),
    ),
    Part(_table(models.Identity), "ids", untold=_OWNER),
    Part(_table(models.CustomerDate), "dates", untold=_OWNER),
    Part(_table(models.Device), "devices", untold=_OWNER),
    Part(_table(models.Consent), "consents", untold=_OWNER),
    Part(_table(models.ConsentEntry), "consent_ledger", untold={"id": NUMBER} | _OWNER),
    Part(
        _E,
        "events",
        untold={"id": NUMBER, "seq": NUMBER} | _OWNER,
        becomes={"source": "erased", "message_id": _nameless(_E), "type": "track", "name": ""}
        | {"properties": {}}
        | _empty("user_id anonymous_id previous_id context order_id customer_id"),
        # The row itself stays: the numbers of events must never be given to others.
        stays=_stays("id", "at", "arrived_at", "seq"),
    ),
    Part(_table(models.Order), "orders", untold=_OWNER),
    Part(
        _table(models.OrderLine),
        "lines",
        inside="orders",
        untold=_OWNER,
        becomes={},  # by hand, the order's id and the hour: what was bought together stays true
        stays=_stays(
            *("order_id", "product_id", "customer_id", "category", "quantity"),
            *("price", "ordered_at", "arrived_at", "returned"),
        ),
    ),
    Part(_table(models.Basket), "baskets", untold=_OWNER),
    Part(_table(models.PointsEntry), "points", untold={"id": NUMBER} | _OWNER),
    Part(_table(models.LoyaltyStanding), "tier_held", untold=_OWNER),
    Part(_table(models.BadgeEarned), "badges", untold=_OWNER),
    Part(_table(models.ReferralCode), "referral_codes", untold=_OWNER),
    Part(_table(models.Prediction), "predictions", untold=_OWNER),
    Part(
        _table(models.Referral),
        "came_with",  # the friend's part of it; who brought them is somebody else
        untold={"event_id": NUMBER, "referrer_id": NUMBER} | _OWNER,
        becomes={"order_id": None},
        stays=_stays(
            *("event_id", "customer_id", "referrer_id", "code", "at", "state", "reason", "due_at"),
            *("converted_at", "points"),
        ),
    ),
    Part(
        _N,
        "enrolments",
        untold=_OWNER,
        becomes={"customer_key": _nameless(_N, "customer_id"), "one_per": "", "occurrence": _nameless(_N)}
        | {"trigger": {}}
        | _empty("trigger_event_id order_id"),
        stays=_stays(
            *("id", "journey", "version", "customer_id", "entered_at", "enrolled_at", "held_out", "step"),
            *("state", "arrived_at", "due_at", "until_at", "ended_at", "end", "reason", "goal_at"),
        ),
    ),
    Part(
        _table(models.Visit),
        "visits",
        by="enrolment_id",
        inside="enrolments",
        untold=_INSIDE,
        becomes={"why": ""},
        stays=_stays(*("enrolment_id", "step", "arrived_at", "left_at", "path", "until_at", "late_at")),
    ),
    Part(_table(models.Kept), "kept", by="enrolment_id", inside="enrolments", untold=_INSIDE),
    Part(
        _Y,
        "not_entered",
        untold={"id": NUMBER} | _OWNER,
        becomes={"one_per": "", "occurrence": _nameless(_Y), "trigger": {}, "trigger_event_id": None},
        stays=_stays(*("id", "journey", "customer_id", "at", "cause", "state", "reason", "judged_at")),
    ),
    # A gift goes whole; its code stays on record as taken, and says nothing of them.
    Part(
        _table(models.Gift),
        "gifts",
        untold={"id": NUMBER, "matched": "the code once more"} | _OWNER | _INSIDE,
    ),
    Part(_table(models.Holding), "conditions_that_hold", untold=_OWNER),
    Part(
        _M,
        "messages",
        untold={"enrolment_id": NUMBER} | _OWNER,
        becomes=dict.fromkeys(("to", "subject", "address", "zone", "routes", "provider_id")),
        # Links in mails that they have kept name the key; reasons lose, by hand, what they quote.
        stays=_stays(
            *("id", "key", "enrolment_id", "customer_id", "journey", "version", "step", "channel", "purpose"),
            *("template", "priority", "entered_at", "decided_at", "due_at", "expires_at", "state", "reason"),
            *(
                "sender",
                "offers",
                "via",
                "claimed_at",
                "claimed_by",
                "leased_until",
                "handed_over_at",
                "shop",
            ),
        ),
    ),
    Part(
        _table(models.Body),
        "what_was_sent",
        by="message_id",
        inside="messages",
        untold={"message_id": NUMBER},
    ),
    Part(
        _table(models.Engagement),
        "responses",
        untold={"event_id": NUMBER} | _OWNER,
        becomes={"answer": None},
        stays=_stays(
            *("event_id", "message_key", "customer_id", "journey", "step", "kind", "at", "arrived_at"),
            "machine",
        ),
    ),
    Part(
        _table(models.PrivacyRequest),
        "requests_about_data",
        untold=_OWNER,
        becomes=_empty("user_id anonymous_id address"),
        stays=_stays(
            *("key", "kind", "origin", "customer_id", "shop", "asked_at", "state", "reason", "expires_at"),
            "done_at",
        ),
    ),
    Part(
        _table(models.MergedCustomer),
        "former_ids",
        by="key",
        untold={"id": NUMBER},
        becomes={},  # by hand: nobody else is ever given such a key or number
        stays=_stays("key", "id"),
    ),
    Part(
        _table(models.Imported),
        "rows_of_files",
        by="key",
        untold={"digest": FINGERPRINT},
    ),
)

# Which columns `becomes` and `stays` say nothing of, as they are told anew by hand (erase.py).
BY_HAND: Mapping[str, tuple[str, ...]] = {
    "customer": ("erased_at",),
    "order_line": ("order_id", "ordered_at", "arrived_at"),
    "merged_customer": ("key",),
    "message": ("reason", "state"),
}
# Tables in which nothing is about anybody, and why.
OF_NOBODY: Mapping[str, str] = {
    "product": "the catalogue",
    "voucher": "codes, and whether they are taken: whose they were is not in it",
    "used_code": "hashes of codes that orders named: whose they were is not in it",
    "erased_gift": "counts",
    "set_aside": "which events could not be applied, and the kind of the error",
    "touch": "numbers: that something happened",
    "journey": "the shop's files",
    "journey_version": "the shop's files",
    "content": "the shop's files",
    "live_file": "the shop's files",
    "turn_log": "counts",
    "figure": "lists of products",
    "prediction_day": "that all were asked about, and when",
    "fitted_model": "weights of what products and numbers of purchases have in common: nobody's own",
    "breaker": "what has stopped, and why",
    "tally": "counts",
    "alert": "what the shop is told of its journeys and channels",
    "salt": "a random text",
    "suppression": "hashes of addresses, and why nothing is sent there: nobody can be told from them",
    "tombstone": "hashes, and when somebody was erased: nobody can be told from them",
    "alembic_version": "the schema's number",
}


def part_of(model: Any) -> Part:
    """The part of this table."""
    return next(part for part in PARTS if part.table is model.__table__)
