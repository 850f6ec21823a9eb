"""`loop_instant` reads on both databases what `read_instant` reads."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, literal, select, union_all
from sqlmodel import UTCDateTime

from loyaltyloop.journey.clock.times import read_instant
from loyaltyloop.store.database import read

TEXTS = [
    "2024-02-29",
    "2023-02-29",
    "1900-02-29",
    "0001-01-01",
    "0000-01-01",
    "0001-01-01T00:00+00:01",
    "0001-01-01T00:00-00:01",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59.999999-00:01",
    "9999-12-31T23:59:59.999999+23:59",
    "0999-06-07T08:09:10Z",
    "2020-01-01T10:00:00+05:99",
    "2020-01-01T10:00+2359",
    "2020-01-01T10:00+24:00",
    "2020-01-01T24:00Z",
    "2016-12-31T23:59:60Z",
    "2020-01-01 10:00:00.1Z",
    "2020-01-01T10:00:00.12345-0530",
    "2020-01-01T10:00:00.1234567Z",
    "2020-01-01T10:00:00",
    "2020-01-01t10:00:00Z",
    "2020-01-01T10:00:00z",
    "2020-01-01\n",
    " 2020-01-01",
    "٢٠٢٠-01-01",
    "2020-1-1",
    "20200101",
    "-020-01-01",
    "",
    "infinity",
    "now",
]


def two_digits(most: int) -> st.SearchStrategy[str]:
    return st.integers(0, most).map("{:02}".format)


OFFSETS = st.just("Z") | st.builds(
    "{}{}{}{}".format, st.sampled_from("+-"), two_digits(25), st.sampled_from(["", ":"]), two_digits(61)
)
FRACTIONS = st.just("") | st.integers(0, 9999999).map(".{}".format)
INSTANTS = st.builds(
    "{:04}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from([0, 1, 4, 999, 1900, 2000, 2024, 2025, 9999]),
    two_digits(13),
    two_digits(32),
    st.sampled_from("T "),
    two_digits(25),
    two_digits(61),
    two_digits(61),
    FRACTIONS,
    OFFSETS,
)


def assert_alike(engine: Engine, texts: list[str]) -> None:
    rows = union_all(
        *(
            select(literal(n).label("n"), func.loop_instant(text, type_=UTCDateTime()))
            for n, text in enumerate(texts)
        )
    )
    with read(engine) as connection:
        found = {texts[n]: instant for n, instant in connection.execute(rows)}
    assert found == {text: read_instant(text) for text in texts}


def test_texts_at_the_edges(engine: Engine) -> None:
    assert_alike(engine, TEXTS)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        INSTANTS | st.text(st.characters(exclude_characters="\0", codec="utf-8")), min_size=20, max_size=40
    )
)
def test_any_text(engine: Engine, texts: list[str]) -> None:
    assert_alike(engine, texts)
