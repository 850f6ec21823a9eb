"""The tables. Times are UTC instants, dates are dates, money is integer minor units and a currency.

The database is made by migrations: after a change here `python -m loyaltyloop.store.migrations.draft "What
changes"` writes the next one. Until the first release the first one is written anew instead, by
`python -m loyaltyloop.store.migrations.draft "The first tables" --first`.
"""

from __future__ import annotations

from loyaltyloop.store.models.arrivals import (
    Basket,
    Engagement,
    Event,
    Imported,
    Order,
    OrderLine,
    Product,
    SetAside,
    Touch,
)
from loyaltyloop.store.models.breakers import Alert, Breaker, Tally
from loyaltyloop.store.models.columns import RUNNING, Json
from loyaltyloop.store.models.gifts import ErasedGift, Gift, UsedCode, Voucher
from loyaltyloop.store.models.live import Content, JourneyVersion, LiveFile, LiveJourney
from loyaltyloop.store.models.loyalty import (
    BadgeEarned,
    LoyaltyStanding,
    PointsEntry,
    Referral,
    ReferralCode,
)
from loyaltyloop.store.models.messages import Body, Figure, Message, TurnLog
from loyaltyloop.store.models.people import (
    Consent,
    ConsentEntry,
    Customer,
    CustomerDate,
    Device,
    Identity,
    MergedCustomer,
)
from loyaltyloop.store.models.privacy import PrivacyRequest, Salt, Tombstone
from loyaltyloop.store.models.scores import FittedModel, Prediction, PredictionDay
from loyaltyloop.store.models.standing import Enrolment, Entry, Holding, Kept, Visit
from loyaltyloop.store.models.suppression import Suppression

__all__ = [
    "Alert",
    "BadgeEarned",
    "Basket",
    "Body",
    "Breaker",
    "Consent",
    "ConsentEntry",
    "Content",
    "Customer",
    "CustomerDate",
    "Device",
    "Engagement",
    "Enrolment",
    "Entry",
    "ErasedGift",
    "Event",
    "Figure",
    "FittedModel",
    "Gift",
    "Holding",
    "Identity",
    "Imported",
    "JourneyVersion",
    "Json",
    "Kept",
    "LiveFile",
    "LiveJourney",
    "LoyaltyStanding",
    "MergedCustomer",
    "Message",
    "Order",
    "OrderLine",
    "PointsEntry",
    "Prediction",
    "PredictionDay",
    "PrivacyRequest",
    "Product",
    "RUNNING",
    "Referral",
    "ReferralCode",
    "Salt",
    "SetAside",
    "Suppression",
    "Tally",
    "Tombstone",
    "Touch",
    "TurnLog",
    "UsedCode",
    "Visit",
    "Voucher",
]
