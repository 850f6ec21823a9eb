"""Several connections to a mail server at once, and what is asked of a server that reports failures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from loyaltyloop.channels.mail.smtp import Server, Smtp
from loyaltyloop.channels.out import Outcome, Outgoing
from tests.integration.channels.hanging import failing

NEVER = b"NOTHING THAT IS EVER SAID"


def outgoing(number: int) -> Outgoing:
    return Outgoing(
        f"key-{number:02}", "hello@shop.example", f"c{number}@example.com", b"Subject: %d" % number
    )


def sent(server: Server, count: int, connections: int = 4, timeout: float = 5) -> list[Outcome]:
    with closing(Smtp(replace(server, connections=connections), timeout)) as way:
        return list(way.hand_over(outgoing(number) for number in range(count)))


def test_all_leave_once_over_as_many_connections_as_are_allowed() -> None:
    with failing(NEVER) as server:
        outcomes = sent(server.settings, 40)
    assert outcomes == [Outcome(f"key-{number:02}", "handed_over") for number in range(40)]
    assert sorted(server.taken) == sorted(b"Subject: %d\r\n" % number for number in range(40))
    assert 1 <= server.connections <= 4


def test_connections_are_used_again_by_the_next_batch() -> None:
    with failing(NEVER) as server, closing(Smtp(replace(server.settings, connections=2), 5)) as way:
        for _ in range(3):
            assert [one.state for one in way.hand_over([outgoing(1), outgoing(2)])] == ["handed_over"] * 2
    assert server.connections <= 2


def test_a_server_that_takes_one_connection_gets_everything_over_that() -> None:
    with failing(NEVER, most=1) as server:
        outcomes = sent(server.settings, 30)
    assert [one.state for one in outcomes] == ["handed_over"] * 30
    assert len(server.taken) == 30


def test_a_server_that_takes_none_is_not_asked_for_every_message() -> None:
    with failing(NEVER, most=0) as server:
        outcomes = sent(server.settings, 30)
    assert {(one.state, one.away) for one in outcomes} == {("try_again", True)}
    assert server.connections <= 8


@pytest.mark.parametrize(("at", "states"), [(b"MAIL", {"try_again"}), (b".", {"unknown", "try_again"})])
def test_a_server_that_hangs_costs_two_time_outs_of_each_connection(at: bytes, states: set[str]) -> None:
    with failing(at) as server:
        outcomes = sent(server.settings, 40, timeout=0.2)
    assert {one.state for one in outcomes} == states
    assert server.connections <= 2 * 4
    assert sum(one.state == "unknown" for one in outcomes) <= 2 * 4
    assert outcomes[-1].away


def test_what_fails_is_told_for_its_own_message() -> None:
    with failing(b"RCPT TO:<C7@", hangs_up=True) as server:
        outcomes = sent(server.settings, 20, connections=3)
    assert [one.key for one in outcomes] == [f"key-{number:02}" for number in range(20)]
    assert [one.key for one in outcomes if one.state != "handed_over"] == ["key-07"]
    assert len(server.taken) == 19


def test_a_server_that_reports_failures_is_asked_to() -> None:
    with failing(NEVER, extensions=(b"DSN", b"SIZE 1000000")) as server:
        assert [one.state for one in sent(server.settings, 1)] == ["handed_over"]
    assert b"mail FROM:<hello@shop.example> RET=HDRS ENVID=key-00" in server.heard
    assert b"rcpt TO:<c0@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;c0@example.com" in server.heard


def test_one_that_does_not_is_not_asked() -> None:
    with failing(NEVER) as server:
        sent(server.settings, 1)
    assert [line for line in server.heard if b"=" in line] == []


@pytest.mark.parametrize("refuses", [b"MAIL FROM:<C3@", b"RCPT TO:<C3@"])
def test_in_one_go_where_the_server_can_and_a_refusal_concerns_its_message_alone(refuses: bytes) -> None:
    batch = [Outgoing(f"key-{n}", f"c{n}@shop.example", f"c{n}@example.com", b"Subject: x") for n in range(6)]
    with (
        failing(NEVER, extensions=(b"PIPELINING", b"DSN")) as server,
        closing(Smtp(server.settings, 5)) as way,
    ):
        server.refuses = refuses
        outcomes = list(way.hand_over(batch))
    assert [one.state for one in outcomes] == ["handed_over"] * 3 + ["refused"] + ["handed_over"] * 2
    assert outcomes[3].reason == "the mail server refuses it (550 5.1.1)"
    assert len(server.taken) == 5
    assert server.connections == 1
    assert b"MAIL FROM:<c0@shop.example> RET=HDRS ENVID=key-0" in server.heard
    assert b"RCPT TO:<c0@example.com> NOTIFY=FAILURE,DELAY ORCPT=rfc822;c0@example.com" in server.heard


def test_no_command_is_smuggled_in_by_an_address() -> None:
    with failing(NEVER, extensions=(b"PIPELINING",)) as server, closing(Smtp(server.settings, 5)) as way:
        [outcome] = way.hand_over([Outgoing("k", "a@b.example", "c@d.example>\r\nRCPT TO:<x@y.example", b"")])
    assert (outcome.state, server.taken) == ("refused", [])
    assert not any(b"x@y.example" in line for line in server.heard)


def test_a_claim_becomes_what_leaves_within_a_second() -> None:
    way = Smtp(Server("127.0.0.1", 25, connections=2))
    sizes = [way.batch]
    for count, seconds in (
        (100, 0.01),
        (200, 0.01),
        (3, 9.0),
        (400, 0.2),
        (800, 16.0),
        (50, 100.0),
        (2, 0.0),
    ):
        way.learn(count, seconds, 2, 1000)
        sizes.append(way.batch)
    assert sizes == [100, 200, 400, 400, 800, 50, 2, 4]


def test_nothing_is_said_between_messages_that_were_taken() -> None:
    with failing(NEVER) as server:
        sent(server.settings, 2, connections=1)
    assert [line.split()[0].lower() for line in server.heard] == [
        b"ehlo", *[b"mail", b"rcpt", b"data"] * 2, b"quit",
    ]  # fmt: skip


def test_what_breaks_in_the_batch_is_raised_and_what_was_told_is_kept() -> None:
    def batch() -> Iterator[Outgoing]:
        yield outgoing(0)
        raise RuntimeError("a mistake elsewhere")

    told: list[Outcome] = []
    with (
        failing(NEVER) as server,
        closing(Smtp(replace(server.settings, connections=2), 5)) as way,
        pytest.raises(RuntimeError, match="elsewhere"),
    ):
        told.extend(way.hand_over(batch()))
    assert (len(server.taken), told) == (1, [Outcome("key-00", "handed_over")])


@pytest.mark.parametrize("thanks", [b"OK, thank you", b"", b"354 go on"])
def test_an_answer_that_is_none_leaves_it_open_whether_the_message_was_taken(thanks: bytes) -> None:
    with failing(NEVER) as server:
        server.thanks = thanks
        [outcome] = sent(server.settings, 1)
    assert len(server.taken) == 1
    assert outcome.state == "unknown"
