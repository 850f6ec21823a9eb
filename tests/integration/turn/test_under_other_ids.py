"""One person under several ids: what happens under one counts for all, and keys stay their owners'."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.integration.turn.stage import Stage

WELCOME = """\
journey: welcome
about: One letter.
enter: {event: Signed Up}
steps:
  - send: hello
    template: test/hello
"""


def test_a_user_whose_id_was_a_merged_device_gets_messages_of_its_own(engine: Engine) -> None:
    """Keys of messages hang on the customer's key, which is therefore never given to a second one."""
    stage = Stage(engine, WELCOME)
    stage.knows("ada", at="03-01 08:00")
    stage.did("~x1", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    stage.merged("ada", "x1", "03-02 11:00")
    stage.knows("x1", at="03-02 12:00")
    stage.did("x1", "Signed Up", "03-02 13:00")
    stage.turn("03-02 13:00")
    assert stage.messages() == [
        ("user:x1", "hello", "handed_over", ""),
        ("x1", "hello", "refused", "no consent to marketing by email"),
    ]
