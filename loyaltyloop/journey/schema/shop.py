"""shop.yaml: what all journeys share."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from loyaltyloop.journey.model import Cap, Purpose
from loyaltyloop.journey.schema.breaking import AlertsFile, BreakerFile
from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.loyalty import BadgeFile, PointsFile, ReferralFile, TierFile
from loyaltyloop.journey.schema.moments import Clock, DaysAndHolidays, Span
from loyaltyloop.journey.schema.recommending import RecommendationsFile
from loyaltyloop.journey.schema.step import one_or_many
from loyaltyloop.journey.schema.values import (
    MessageChannel,
    Name,
    Number,
    Share,
    Text,
    Words,
    read_by,
    read_text,
    shown,
    wrong,
)
from loyaltyloop.journey.schema.vouchers import VoucherFile

_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")


def _address(value: object) -> str:
    text = read_text(value)
    if _ADDRESS.fullmatch(text):
        return text
    raise wrong(f"{shown(text)} is no e-mail address", "Write for example 'hello@shop.example'.")


def _code(length: int, lower: bool, what: str, example: str) -> Any:
    kind = "a-z" if lower else "A-Z"

    def read(value: object) -> str:
        if isinstance(value, str) and re.fullmatch(rf"[{kind}]{{{length}}}", value):
            return value
        raise wrong(f"{shown(value)} is no {what}", f"Write {example}.")

    return read_by(read, {"type": "string", "pattern": rf"^[{kind}]{{{length}}}$"})


Country = Annotated[str, *_code(2, False, "country", "two capital letters of ISO 3166, such as GB")]
Currency = Annotated[str, *_code(3, False, "currency", "three capital letters of ISO 4217, such as EUR")]
Language = Annotated[str, *_code(2, True, "language", "two small letters of ISO 639, such as de")]
Address = Annotated[str, *read_by(_address, {"type": "string", "format": "email"})]
Countries = Annotated[
    list[Country], BeforeValidator(one_or_many, json_schema_input_type=Country | list[Country])
]
Channels = Annotated[
    list[MessageChannel],
    BeforeValidator(one_or_many, json_schema_input_type=MessageChannel | list[MessageChannel]),
    Field(min_length=1),
]
Purposes = Annotated[
    list[Purpose],
    BeforeValidator(one_or_many, json_schema_input_type=Purpose | list[Purpose]),
    Field(min_length=1),
]


def _all_channels() -> list[MessageChannel]:
    return ["email", "sms", "push"]


def _all_but_transactional() -> list[Purpose]:
    return ["marketing", "service"]


def _marketing() -> list[Purpose]:
    return ["marketing"]


class SenderFile(Words):
    """Who messages come from; the postal address is required by law in marketing."""

    name: Text
    email: Address
    postal_address: Text


class QuietFile(Words):
    """No message leaves in these local hours of its recipient; without hours: on these whole days."""

    channels: Channels = Field(default_factory=_all_channels)
    purposes: Purposes = Field(default_factory=_all_but_transactional)
    countries: Countries = Field(default_factory=list)
    days: DaysAndHolidays | None = None
    from_: Clock | None = Field(default=None, alias="from")
    to: Clock | None = None


_CAPS = "Write '3 a week' (calendar) or '3 in 7 days' (rolling)."
_CAP = {
    "lets nothing leave": "Write at least 1; what is to send nothing is a journey to pause, or to take out.",
    "looks back longer than a year": "Write '366 days' at most.",
}


def _cap(value: object) -> str:
    if isinstance(value, str):
        try:
            Cap.of(value)
        except ValueError as error:
            raise wrong(str(error), _CAP.get(str(error).partition("' ")[2], _CAPS)) from None
        return value
    raise wrong(f"{shown(value)} is no cap", _CAPS)


class CapFile(Words):
    """Not more messages than this to one customer."""

    channels: Channels = Field(default_factory=_all_channels)
    purposes: Purposes = Field(default_factory=_marketing)
    at_most: Annotated[str, *read_by(_cap, {"type": "string", "pattern": r"^[1-9]\d{0,3} (an?|in) .+$"})]


class TurnsFile(Words):
    """How often turns run."""

    every: Span | None = None
    at_least_apart: Span | None = None


class MarketFile(Words):
    """One market: its currency, language, rate to the shop's currency, countries."""

    currency: Currency
    language: Language | None = None
    rate: Number | None = None
    countries: list[Country] = Field(default_factory=list)


_SECRET = "LOOP_HOOK_[A-Z0-9_]+_SECRET"


def _secret(value: object) -> str:
    text = read_text(value)
    if re.fullmatch(_SECRET, text):
        return text
    # Other settings sign other things: what is told of them to a stranger could be used there.
    raise wrong(
        f"{shown(text)} is no name of a hook's secret",
        "Write the name of a setting, such as LOOP_HOOK_SALES_SECRET; the secret itself stands in .env.",
    )


class HookFile(Words):
    """Where a `call` goes; the secret's name in the environment signs it."""

    url: Text
    secret: Annotated[str, *read_by(_secret, {"type": "string", "pattern": f"^{_SECRET}$"})] | None = None


class ShopFile(Words):
    """shop.yaml."""

    shop: Text
    url: Text | None = None
    timezone: Text
    currency: Currency
    country: Country
    sender: SenderFile
    quiet_hours: Annotated[
        list[QuietFile], BeforeValidator(one_or_many, json_schema_input_type=QuietFile | list[QuietFile])
    ] = Field(default_factory=list)
    lateness: Span | None = None
    turns: TurnsFile | None = None
    holdout: Share | None = None
    segments: dict[Name, ConditionFile] = Field(default_factory=dict)
    markets: dict[Text, MarketFile] = Field(default_factory=dict)
    brand: dict[Text, Any] = Field(default_factory=dict)
    topics: dict[Name, Text | Annotated[dict[Language, Text], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    language: Language | None = None
    caps: (
        Annotated[list[CapFile], BeforeValidator(one_or_many, json_schema_input_type=CapFile | list[CapFile])]
        | None
    ) = None
    hold_while: dict[Purpose, ConditionFile] | None = None
    vouchers: dict[Name, VoucherFile] | None = None
    points: PointsFile | None = None
    tiers: dict[Name, TierFile] | None = None
    badges: dict[Name, BadgeFile] | None = None
    referral: ReferralFile | None = None
    hooks: dict[Name, HookFile] | None = None
    breaker: BreakerFile | None = None
    alerts: AlertsFile | None = None
    recommendations: RecommendationsFile | None = None
