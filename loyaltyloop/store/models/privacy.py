"""What is asked about people's data, and what is left of those who were erased: hashes and nothing else."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big


class Tombstone(SQLModel, table=True):
    """An id of somebody who was erased, hashed: what comes under it is not taken.

    kind: user, anonymous (e-mail addresses too), phone, order, event, key. `back_at`: since when somebody is
    known by this id again, by an act of their own.
    """

    kind: str = Field(primary_key=True)
    hash: str = Field(primary_key=True)
    erased_at: datetime
    back_at: datetime | None = None


class Salt(SQLModel, table=True):
    """What hashes are keyed with: it must outlive every other secret, so it is kept beside them."""

    name: str = Field(primary_key=True)
    value: str


class PrivacyRequest(SQLModel, table=True):
    """Somebody wants their data, or that it is erased; what became of it is kept without a word about whom.

    kind: export, erase, erase_shop. origin: page (they themselves), shopify.
    state: `asked` (a letter with a link is to leave), `mailing`, `mailed` (the link waits for its reader),
    `unsent`; `due` (to be carried out), `done`.
    """

    __tablename__ = "privacy_request"
    key: str = Field(primary_key=True)
    kind: str
    origin: str
    customer_id: int | None = big(default=None, index=True)
    user_id: str | None = None  # by whom a shop means
    anonymous_id: str | None = None
    address: str | None = None  # a hash of where the letter went
    shop: str | None = None  # the host that a shop asks for
    asked_at: datetime
    state: str = Field(index=True)
    reason: str = ""
    expires_at: datetime | None = None  # of the link
    done_at: datetime | None = None
