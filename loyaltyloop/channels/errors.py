"""Why a message cannot be made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from loyaltyloop.errors import LoopError

Cause = Literal["missing", "products", "basket", "gift", "bound", "link", "value", "template"]


class CannotRender(LoopError):
    """This message cannot be made for this customer; nothing of it may leave.

    `cause`: a value is `missing`; the `products` of a step are too few; nothing of the `basket` can be had; a
    `gift` is not there, or has run out; a `bound` is exceeded; a `link` is none we may send; a `value` does
    not fit its filter or operator; the `template` is not there or is broken.
    """

    def __init__(self, cause: Cause, what: str) -> None:
        self.cause: Cause = cause
        self.reason = f"{cause}: {what}"
        super().__init__(self.reason)

    def named(self, paths: Iterable[str]) -> CannotRender:
        """The same, with a missing value named as the author wrote it (`paths`: the template's names)."""
        if self.cause != "missing":
            return self
        what = self.reason.removeprefix("missing: ")
        found = sorted(path for path in paths if path.rpartition(".")[2] == what)
        return CannotRender("missing", " or ".join(found) or what)
