"""Mail that comes back: delivery reports (RFC 3464) and complaints (RFC 5965), as servers write them."""

from __future__ import annotations

import random
from contextlib import suppress
from textwrap import dedent

import pytest

from loyaltyloop.web.providers import smtp
from loyaltyloop.web.providers.delivery import NotReadable
from loyaltyloop.web.providers.status import find_status, is_hard, reason_of
from loyaltyloop.web.providers.told import Told
from tests.unit.web import signing as by
from tests.unit.web.signing import KEY

REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example (Mail Delivery System)
To: hello@shop.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <20260520155930.4F3@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="4F3/mx"

--4F3/mx
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--4F3/mx
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Wed, 20 May 2026 15:59:30 +0000

{recipients}
--4F3/mx
{returned}
--4F3/mx--
"""
FAILED = """\
Final-Recipient: rfc822; ada@example.com
Original-Recipient: rfc822;Ada@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <ada@example.com>: Recipient address rejected: User unknown
"""
WHOLE = f"""\
Content-Type: message/rfc822

From: Sample Shop <hello@shop.example>
To: Ada@example.com
Subject: Hello
Message-ID: <{KEY}@shop.example>

Hello Ada
"""
HEADERS = f"""\
Content-Type: text/rfc822-headers

From: Sample Shop <hello@shop.example>
Subject: Hello
Message-ID: <{KEY}@shop.example>
"""
COMPLAINT = """\
From: abuse@mailbox.example
Subject: FW: Hello
Message-ID: <arf-1@mailbox.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="arf"

--arf
Content-Type: text/plain

This is an email abuse report.

--arf
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: ada@example.com

--arf
{returned}
--arf--
"""


def read(text: str, ends: str = "\r\n") -> list[Told]:
    return list(smtp.read(by.smtp(dedent(text).replace("\n", ends).encode("utf-8", "surrogateescape"))))


def report(recipients: str = FAILED, returned: str = WHOLE) -> str:
    return REPORT.format(recipients=recipients, returned=returned)


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
@pytest.mark.parametrize("returned", [WHOLE, HEADERS])
def test_a_report_of_a_failure(returned: str, ends: str) -> None:
    [told] = read(report(returned=returned), ends)
    assert told == Told(
        what="bounced",
        id="<20260520155930.4F3@mx.example>:0",
        native="DSN:failed",
        key=KEY,
        hard=True,
        reason="invalid",
        status="5.1.1",
        said_of=frozenset({"ada@example.com"}),
    )


def test_a_report_that_knows_the_envelope_needs_no_message_back() -> None:
    text = report(returned="").replace("Arrival-Date", f"Original-Envelope-Id: {KEY}\nArrival-Date")
    assert [told.key for told in read(text)] == [KEY]
    for strange in ("QQ1234", "", f"{KEY}+2B"):
        text = report().replace("Arrival-Date", f"Original-Envelope-Id: {strange}\nArrival-Date")
        assert [told.key for told in read(text)] == [KEY]


STATUS = [
    ("failed", "5.1.1", "bounced hard invalid"),
    ("Failed", "5.1.10", "bounced hard invalid"),
    ("failed", "5.1.2 (bad domain)", "bounced hard invalid"),
    ("failed", "5.2.1", "bounced hard blocked"),
    ("failed", "5.2.2", "bounced soft bounced"),
    ("failed", "4.2.2", "bounced soft bounced"),
    ("failed", "4.4.7", "bounced soft timed_out"),
    ("failed", "5.4.4", "bounced hard invalid"),
    ("failed", "5.7.1", "bounced soft blocked"),
    ("failed", "5.3.4", "bounced soft other"),
    ("failed", "5.0.0", "bounced soft other"),
    ("failed", "nonsense", "bounced soft other"),
    ("delayed", "4.4.1", "deferred soft "),
    ("delivered", "2.0.0", "delivered soft "),
    ("relayed", "2.0.0", "sent soft "),
    ("expanded", "2.0.0", "sent soft "),
    ("exploded", "2.0.0", "unknown soft "),
    ("", "", "unknown soft "),
]


@pytest.mark.parametrize(("action", "status", "becomes"), STATUS)
def test_actions_and_status_codes(action: str, status: str, becomes: str) -> None:
    fields = f"Final-Recipient: rfc822; ada@example.com\nAction: {action}\nStatus: {status}\n"
    [told] = read(report(fields))
    assert f"{told.what} {'hard' if told.hard else 'soft'} {told.reason}" == becomes


def test_the_code_may_stand_in_the_diagnosis_alone() -> None:
    fields = (
        "Final-Recipient: rfc822;a@b.example\nAction: failed\nDiagnostic-Code: smtp;\n 550-5.1.1 unknown\n"
    )
    [told] = read(report(fields))
    assert (told.status, told.hard) == ("5.1.1", True)


def test_several_recipients_are_told_each() -> None:
    two = FAILED + "\nFinal-Recipient: rfc822; ben@example.com\nAction: delayed\nStatus: 4.4.1\n"
    assert [(told.what, told.id[-2:]) for told in read(report(two))] == [
        ("bounced", ":0"),
        ("deferred", ":1"),
    ]


def test_a_report_of_somebody_elses_message_tells_of_no_address() -> None:
    """Anybody can write one, of anybody's address."""
    [told] = read(report(returned=WHOLE.replace(KEY, "20260520.4711")))
    assert (told.key, told.address) == ("", "")


def test_the_reports_own_headers_name_no_message() -> None:
    """Whoever writes to us chooses them; the message that comes back is what counts."""
    forged = report().replace(
        "Subject: Undelivered", f"References: <{KEY}@shop.example>\nSubject: Undelivered"
    )
    [told] = read(forged.replace(WHOLE, "Content-Type: text/plain\n\nnothing\n"))
    assert told.key == ""


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("abuse", "complained"),
        ("Fraud", "complained"),
        ("opt-out", "unsubscribed"),
        ("not-spam", "unknown"),
        ("virus", "unknown"),
        ("", "unknown"),
    ],
)
def test_complaints(kind: str, what: str) -> None:
    [told] = read(COMPLAINT.format(kind=kind, returned=WHOLE))
    assert (told.what, told.key, told.address) == (what, KEY, "")


def test_without_an_id_the_mail_itself_is_one() -> None:
    without = report().replace("Message-ID: <20260520155930.4F3@mx.example>\n", "")
    [one], [same] = read(without), read(without)
    [other] = read(without.replace("15:59:30", "15:59:31"))
    assert one.id == same.id != other.id


# ── hostile mail ────────────────────────────────────────────────────────────


@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n", b"no header at all", b"\0\0\0"])
def test_what_is_no_mail(raw: bytes) -> None:
    with pytest.raises(NotReadable):
        list(smtp.read(by.smtp(raw)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("multipart/report", "multipart/mixed"),
        ('boundary="4F3/mx"', ""),
        ("message/delivery-status", "message/delivery-status\nContent-Transfer-Encoding: base64"),
        ("Final-Recipient: rfc822; ada@example.com", "Final-Recipient: x400; /G=Ada/"),
        ("Action: failed", "Action: failed\nAction: delivered"),
        ("Action: failed", "Action: =?utf-8?b?////?="),
        ("Status: 5.1.1", "Status: \udcff\udcfe"),
        ("ada@example.com", "\udcff@example.com"),
        ("Message-ID: <2026", "Message-ID: \udcff<2026"),
        (f"<{KEY}@", f"<{KEY}@shop.example>\r\nBcc: <eve@"),
        ("message/rfc822", "message/global"),
        ("Subject: Undelivered", "Subject:" + " x" * 100_000),
    ],
)  # fmt: skip
def test_broken_reports_are_told_as_far_as_they_go(old: str, new: str) -> None:
    assert old in report()
    for told in read(report().replace(old, new)):
        made = [properties for _, _, properties in told.events()]
        assert "\r" not in repr(told.key)
        assert all("example.com" not in repr(properties) for properties in made)


def test_parts_within_parts_without_end() -> None:
    raw = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)
    )
    with suppress(RecursionError, NotReadable):  # which the hook answers with 400
        list(smtp.read(by.smtp(raw)))


def test_bytes_that_were_mixed_up() -> None:
    dice = random.Random(7)
    whole = report().replace("\n", "\r\n").encode()
    for _ in range(300):
        raw = bytearray(whole)
        for _ in range(dice.randint(1, 12)):
            start = dice.randrange(len(raw))
            raw[start : start + dice.randint(0, 30)] = dice.randbytes(dice.randint(0, 30))
        with suppress(NotReadable):  # which the hook answers with 400
            for told in smtp.read(by.smtp(bytes(raw))):
                list(told.events())


# ── status codes ────────────────────────────────────────────────────────────


def test_codes_are_found_where_they_stand() -> None:
    assert find_status("550 5.1.1 unknown") == "5.1.1"
    assert find_status("550-5.7.26 unauthenticated", "5.1.1") == "5.7.26"
    assert find_status(None, 7, "192.5.1.1.9 250 OK", "v15.1.1", "5.1") == ""
    assert find_status("smtp;550 5.1.1") == "5.1.1"


@pytest.mark.parametrize("status", ["", "5", "5.", "x.y.z", "2.0.0", "4.1.1"])
def test_what_is_not_for_good(status: str) -> None:
    assert not is_hard(status)
    assert reason_of(status) in ("other", "invalid")
