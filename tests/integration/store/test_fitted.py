"""Fitted models on record: bytes that are not those that were saved are never taken for them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.store.database import write
from loyaltyloop.store.predictions.fitted import (
    LIVE,
    Made,
    content_of,
    fitted,
    judged_content_of,
    live_version,
    save,
)

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("column", ["content", "judged"])
def test_changed_bytes_of_the_model_and_of_its_twin_are_refused(engine: Engine, column: str) -> None:
    read = {"content": content_of, "judged": judged_content_of}
    with write(engine) as connection:
        saved = save(connection, Made("lapse", AS_OF, b"the model", b"its twin", {}), AS_OF, LIVE)
        assert live_version(connection, "lapse", AS_OF) == saved
        assert [one(connection, saved) for one in read.values()] == [b"the model", b"its twin"]
        connection.execute(update(fitted).values({column: b"the others"}))
        for name, one in read.items():
            if name != column:
                assert one(connection, saved)
                continue
            with pytest.raises(ValueError, match="not those that were saved"):
                one(connection, saved)
