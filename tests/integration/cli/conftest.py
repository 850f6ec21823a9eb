"""A made-up shop's project folder on an empty database, and `loop` run in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.cli import main
from tests.integration.store.shops import SHOP, WELCOME

LAYOUT = """\
<!doctype html>
<html lang="en"><head><title>{% block subject %}{% endblock %}</title></head>
<body>{% block preheader %}{% endblock %}{% block body %}{% endblock %}
<p>{{ shop.sender.postal_address }} <a href="{{ links.unsubscribe }}">Unsubscribe</a></p></body></html>
"""
TEMPLATE = """\
{% extends "layout/email.html" %}
{% block subject %}Hello{% endblock %}
{% block preheader %}A word of welcome{% endblock %}
{% block body %}<p>Hello {{ customer.first_name | default("there") }}</p>{% endblock %}
"""


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its JSON document."""
        return json.loads(self.out)


Loop = Callable[..., Ran]


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Write these files below the folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Path:
    """A project's folder with one journey, on each kind of database."""
    folder = tmp_path / "shop"
    files = {
        ".env": f"LOOP_DATABASE_URL={database_url}\nLOOP_SECRET_KEY=made-up\n",
        "journeys/shop.yaml": SHOP,
        "journeys/welcome.yaml": WELCOME,
        "templates/layout/email.html": LAYOUT,
        "templates/welcome/hello.html": TEMPLATE,
        "templates/welcome/picks.html": TEMPLATE,
    }
    write_files(folder, files)
    return folder


@pytest.fixture
def loop(
    project: Path, engine: Engine, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Loop:
    """Run `loop` in the project: `loop("plan", "--json").data`.

    Nobody is asked about a time still to come: whether it is hangs on the machine's clock.
    """
    monkeypatch.setattr("loyaltyloop.cli.run._ask_about_the_future", lambda *_: None)

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = 0
        try:
            main(["--debug", "--project", str(project), *arguments])
        except SystemExit as leave:
            code = int(leave.code or 0)
        printed = capsys.readouterr()
        return Ran(code, printed.out, printed.err)

    return run
