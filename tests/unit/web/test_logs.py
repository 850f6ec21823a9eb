"""A line of the log tells what went wrong and where, and nothing of whom it was about."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Iterator

import orjson
import pytest

from loyaltyloop.settings import Settings
from loyaltyloop.web import logs
from tests.unit.web.logged import logged

ADA = "ada@example.com"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged."""
    with logged() as found:
        yield found


def line(stream: io.StringIO) -> dict[str, object]:
    found: dict[str, object] = orjson.loads(stream.getvalue())
    return found


def fail() -> None:
    try:
        raise KeyError(ADA)
    except KeyError as error:
        raise ValueError(f"no such customer: {ADA}") from error


def test_an_error_is_told_by_type_and_place(stream: io.StringIO) -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("loyaltyloop.web").exception("a request failed")
    said = line(stream)
    assert said["event"] == "a request failed" and said["level"] == "error"
    assert said["error"] == ["ValueError", "KeyError"]
    assert str(said["place"]).startswith("test_logs.py:") and str(said["place"]).endswith(" fail")
    assert ADA not in stream.getvalue()


def test_what_others_log_is_told_without_what_they_say(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").error(f"Task exception was never retrieved: {ADA}")
    logging.getLogger("sqlalchemy.pool").error("connection %s lost", ADA)
    logging.getLogger("uvicorn.error").error("Exception for %s\n", ADA)
    events = [orjson.loads(each)["event"] for each in stream.getvalue().splitlines()]
    assert [event.partition(":")[0] for event in events] == ["asyncio", "sqlalchemy.pool", "Exception for %s"]
    assert ADA not in stream.getvalue()


def test_a_thread_that_dies(stream: io.StringIO) -> None:
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert line(stream)["event"] == "a thread has died"
    assert ADA not in stream.getvalue()


def test_the_request_at_work_is_named(stream: io.StringIO) -> None:
    token = logs.REQUEST.set(logs.Noted("0123"))
    logs.note(accepted=2)
    logging.getLogger("loyaltyloop.web").warning("shopify: refused: %s", "wrong signature")
    noted = logs.REQUEST.get()
    logs.REQUEST.reset(token)
    logs.note(accepted=3)  # nobody's: no request is at work
    assert line(stream)["request"] == "0123" and line(stream)["event"] == "shopify: refused: wrong signature"
    assert noted is not None and noted.said == {"accepted": 2}


def test_a_line_for_people() -> None:
    record = logging.LogRecord("loop.requests", logging.INFO, "x.py", 1, "request", (), None)
    record.said = {"route": "/c/{token}", "status": 302}
    record.created = 1_772_000_000.25
    assert logs.Text().format(record) == "06:13:20 info    request  route=/c/{token}  status=302"
    assert orjson.loads(logs.Json().format(record)) == {
        "time": "2026-02-25T06:13:20.250Z",
        "level": "info",
        "event": "request",
        "route": "/c/{token}",
        "status": 302,
    }


@pytest.mark.parametrize(("level", "shown"), [("info", 2), ("warning", 1), ("error", 0)])
def test_how_much_is_logged(stream: io.StringIO, level: str, shown: int) -> None:
    found = io.StringIO()
    logs.set_up(Settings(_env_file=None, log_level=level), found)
    logs.requests.info("request", extra={"said": {}})
    logging.getLogger("loyaltyloop.web").warning("busy")
    assert len(found.getvalue().splitlines()) == shown
