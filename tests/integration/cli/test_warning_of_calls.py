"""What `plan`, `apply` and `run` say of calls that reach nobody, or that nothing could sign."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.cli.conftest import Loop, write_files

NAME = "LOOP_HOOK_HELP_DESK_SECRET"
CALLS = {
    "journeys/tickets.yaml": """\
journey: tickets
about: Tells the help desk.
enter: {event: Support Ticket Opened}
purpose: service
steps:
  - {call: ticket, hook: help_desk}
  - {call: again, hook: help_desk}
"""
}


@pytest.fixture
def calling(project: Path) -> Path:
    """The shop with a journey that calls a help desk."""
    write_files(project, CALLS)
    with (project / "journeys/shop.yaml").open("a") as shop:
        shop.write(f"hooks: {{help_desk: {{url: https://desk.example/loop, secret: {NAME}}}}}\n")
    return project


def say(project: Path, *lines: str) -> None:
    with (project / ".env").open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def test_calls_that_become_files_are_called_so(loop: Loop, calling: Path) -> None:
    told = (
        f"Note: calls are made to nobody: each is written to a file in {calling / 'var/outbox'}. "
        "LOOP_HOOKS=post makes them.\n"
    )
    assert told in loop("plan").err
    assert told in loop("apply", "--yes").err
    assert told in loop("run", "tickets", "--plain").err
    assert told not in loop("run", "welcome", "--plain").err


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ((), f"there is no secret to sign it with: set {NAME}"),
        ((f"{NAME}=hush-hush",), f"{NAME} cannot sign it: a secret begins with whsec_"),
    ],
)
def test_what_could_sign_no_call_is_told_and_not_shown(
    loop: Loop, calling: Path, said: tuple[str, ...], told: str
) -> None:
    say(calling, "LOOP_HOOKS=post", *said)
    for command in (["plan"], ["plan", "--json"], ["apply", "--yes"], ["run", "tickets", "--plain"]):
        ran = loop(*command)
        assert ran.code == 0
        assert f"Warning: calls of tickets.again, tickets.ticket cannot be made: {told}.\n" in ran.err
        assert "hush-hush" not in ran.out + ran.err


def test_the_doctor_wants_a_secret_only_where_calls_are_posted(loop: Loop, calling: Path) -> None:
    assert loop("apply", "--yes").code == 0
    assert "no secret to sign" not in loop("doctor").out
    say(calling, "LOOP_HOOKS=post")
    assert "no secret to sign" in loop("doctor").out


def test_with_a_secret_nothing_is_said(loop: Loop, calling: Path) -> None:
    say(calling, "LOOP_HOOKS=post", f"{NAME}=whsec_{'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='}")
    assert loop("plan").err == ""
