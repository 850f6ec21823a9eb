"""What one of several processes gets together: the tests of a file, and all that look at one `loop up`."""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

TOGETHER = "tests/e2e/up/"


class Pieces(LoadFileScheduling):
    """As `--dist loadfile` does it, but starting and keeping a server of Prefect is paid for once."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else super()._split_scope(nodeid)
