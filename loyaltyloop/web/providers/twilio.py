"""Twilio: base64 HMAC-SHA1 of the address that it called and of the form's fields, sorted.

https://www.twilio.com/docs/usage/security#validating-requests; our key is `send_id` in the query of the
message's StatusCallback. The address must be the one that the outside sees: LOOP_PUBLIC_URL.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Iterator
from hashlib import sha1, sha256
from urllib.parse import parse_qs, urlsplit

from loyaltyloop.web.providers.delivery import Delivery, check, same
from loyaltyloop.web.providers.told import Reason, Told, What, message_key

STATES: dict[str, What] = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "bounced",
    "failed": "bounced",
    "canceled": "unknown",
    "read": "unknown",
}
# https://www.twilio.com/docs/api/errors → why, and whether the number is no good.
ERRORS: dict[str, tuple[Reason, bool]] = {
    "21211": ("invalid", True),
    "21214": ("invalid", True),
    "21610": ("unsubscribed", False),
    "21614": ("invalid", True),
    "30003": ("timed_out", False),
    "30004": ("blocked", False),
    "30005": ("invalid", True),
    "30006": ("invalid", True),
    "30007": ("blocked", False),
}
# What Twilio itself stops by, where no others were set; then OptOutType says it.
STOP = ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT")
START = ("START", "UNSTOP")  # YES, too, lifts it at Twilio; but it may answer a question
_OPT: dict[str, What] = {"STOP": "unsubscribed", "START": "subscribed", "HELP": "unknown"}


def verify(said: Delivery, token: str) -> None:
    """NotTheirs, unless the address and the fields are signed with the account's token. NotReadable."""
    query = parse_qs(urlsplit(said.url).query)
    hashed = query.get("bodySHA256")
    if hashed:  # of a body that is no form
        check(same(sha256(said.body).hexdigest().encode(), hashed[-1].lower()))
        fields: list[tuple[str, str]] = []
    else:
        fields = said.form()
    whole = said.url + "".join(name + value for name, value in sorted(set(fields)))
    expected = base64.b64encode(hmac.digest(token.encode(), whole.encode("utf-8", "replace"), sha1))
    check(same(expected, said.headers.get("x-twilio-signature", "")))


def read(said: Delivery) -> Iterator[Told]:
    """What it tells: what became of a message, or what somebody wrote. NotReadable."""
    fields = dict(said.form())
    number = fields.get("MessageSid") or fields.get("SmsSid") or ""
    state = fields.get("MessageStatus") or fields.get("SmsStatus") or ""
    if "Body" in fields and state in ("", "received", "receiving"):
        yield Told(_written(fields), number, "received", address=fields.get("From", ""), channel="sms")
        return
    what = STATES.get(state, "unknown")
    reason, hard = (
        ERRORS.get(fields.get("ErrorCode", ""), ("other", False)) if what == "bounced" else ("", False)
    )
    yield Told(
        what=what,
        id=f"{number}:{state}",
        native=":".join(filter(None, [state, fields.get("ErrorCode", "")])),
        key=message_key(parse_qs(urlsplit(said.url).query).get("send_id", [""])[0]),
        provider_id=number,
        address=fields.get("To", ""),
        hard=hard,
        reason=reason,
        channel="sms",
    )


def _written(fields: dict[str, str]) -> What:
    """STOP withdraws; START is no consent to marketing, only that may be sent again what needs none."""
    if kind := fields.get("OptOutType"):
        return _OPT.get(kind.upper(), "unknown")
    word = fields["Body"].strip().upper()
    if word in START:
        return "subscribed"
    return "unsubscribed" if word in STOP else "replied"
