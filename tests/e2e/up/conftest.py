"""A project under a real `loop up`: server, deployments, worker; one for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.upped import Upped, make_project


@pytest.fixture(scope="package")
def upped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upped]:
    """`loop up` on a small project whose journey is live."""
    up = Upped(make_project(tmp_path_factory.mktemp("shop")))
    up.wait_until_up()
    yield up
    up.end()
