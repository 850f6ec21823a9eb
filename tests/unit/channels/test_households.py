"""Who shares an address stands in line as one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.channels.claiming.households import as_households

ADDRESSES = st.sampled_from([None, "a@x.example", "A@x.example ", "b@x.example", "c@x.example"])
NUMBERS = st.sampled_from([None, "+441", "+442", "+443"])


def test_through_each_other() -> None:
    """One has the other's address, and the third's number."""
    line = [
        ("k1", 7, "email", "a@x.example", None),
        ("k2", 5, "sms", "b@x.example", "+441"),
        ("k3", 6, "email", "A@X.example", "+441"),
        ("k4", 9, "hook", None, None),
    ]
    assert as_households(line) == [
        ("k1", 5, "email"),
        ("k2", 5, "sms"),
        ("k3", 5, "email"),
        ("k4", 9, "hook"),
    ]


@given(st.dictionaries(st.integers(1, 9), st.tuples(ADDRESSES, NUMBERS)))
def test_two_with_one_address_are_one_and_others_are_not(
    people: dict[int, tuple[str | None, str | None]],
) -> None:
    who = dict.fromkeys(people, 0)
    line = [(str(number), number, "email", *addresses) for number, addresses in people.items()]
    for key, head, _ in as_households(line):
        who[int(key)] = head
    groups = {number: {number} for number in people}
    for _ in people:
        for one in people:
            for other in people:
                if any(
                    a and a == b for a, b in zip(_normal(people[one]), _normal(people[other]), strict=True)
                ):
                    groups[one] = groups[other] = groups[one] | groups[other]
    for one in people:
        assert {other for other in people if who[other] == who[one]} == groups[one]
        assert who[one] in groups[one]


def _normal(addresses: tuple[str | None, str | None]) -> tuple[str | None, str | None]:
    email, number = addresses
    return email and email.strip().lower(), number
