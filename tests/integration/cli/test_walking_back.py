"""A walk from a time after which something was read already knows the future, and says so."""

from __future__ import annotations

from pathlib import Path

from tests.integration.cli.conftest import Loop
from tests.integration.cli.test_walking import history as history

WALK = ("walk", "--to", "2026-03-06", "--every", "24 hours", "--from")


def test_after_a_training(loop: Loop, history: Path) -> None:
    assert loop("train", "--model", "lapse", "--now", "2026-03-05").code == 0
    told = loop(*WALK, "2026-03-02").err
    assert "Warning: 1 event that arrived after --from was read already, by a turn or by `loop train`" in told
    assert loop(*WALK, "2026-03-05").err == ""


def test_after_an_earlier_walk(loop: Loop, history: Path) -> None:
    assert loop(*WALK, "2026-03-02").err == ""
    assert loop(*WALK, "2026-03-05").err == ""
