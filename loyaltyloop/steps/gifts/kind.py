"""What a kind of gift must tell: whom it could give something, and what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from loyaltyloop.journey.model import Give
from loyaltyloop.steps.stand import Stand


@dataclass(frozen=True)
class Winner:
    """A member of the cohort who is to be given something. `key`: the UUIDv5 of (enrolment, step)."""

    enrolment_id: int
    customer_id: int
    customer_key: str
    key: str
    entered_at: datetime
    zone: str


@dataclass(frozen=True)
class Given:
    """What one winner gets, as it is frozen in the table `gift`; see there what the words mean.

    `state`: `reserved` until a message shows it, or `given` where nothing is left to be done with it.
    """

    what: str = ""
    value: str = ""
    amount: int | None = None
    code: str | None = None
    expires_at: datetime | None = None
    state: str = "given"


# The winners stand in the order in which they are served. Returned: enrolment → what it gets; who is not in
# it gets nothing. All of it is done in sets, within the stand's transaction.
Grant = Callable[[Stand, Give, Sequence[Winner]], Mapping[int, Given]]


@dataclass(frozen=True)
class Kind:
    """One kind of gift. `nothing`: why somebody was given none, in words for a report."""

    grant: Grant
    nothing: Callable[[Give], str]
