"""Neighbours and their blend: what the small random shops of the integration tests do not reach."""

from __future__ import annotations

from loyaltyloop.scores.recommending.affinity import BIGGEST_BASKET, NEIGHBOURS, UNIT, blend, neighbours


def test_nothing_bought_has_no_neighbours() -> None:
    assert list(neighbours([])) == []
    assert list(neighbours([["a"], ["a", "b"]])) == []  # a pair seen once is chance


def test_the_weight_is_the_cosine() -> None:
    found = dict(neighbours([["a", "b"], ["b", "a"], ["a"], ["a"], ["c"]]))
    assert found == {"a": [("b", round(UNIT * 2 / (4 * 2) ** 0.5))], "b": [("a", 707107)]}


def test_a_wholesalers_whole_range_does_not_count() -> None:
    whole = [f"p{number:04}" for number in range(BIGGEST_BASKET + 1)]
    assert list(neighbours([whole, whole])) == []
    assert len(list(neighbours([whole[1:], whole[1:]]))) == BIGGEST_BASKET


def test_many_products_are_taken_in_blocks() -> None:
    """1,200 products in pairs: each one's neighbour is the other of its pair, whatever block they fall in."""
    pairs = [[f"p{number:04}", f"p{number + 600:04}"] for number in range(600)]
    found = dict(neighbours(pairs * 2))
    assert len(found) == 1200
    assert all(found[one] == [(other, UNIT)] and found[other] == [(one, UNIT)] for one, other in pairs)


def test_of_equal_neighbours_the_first_ids_are_kept() -> None:
    basket = [f"p{number:02}" for number in range(30)]
    near = dict(neighbours([basket, basket[::-1]]))
    assert [one for one, _ in near["p00"]] == basket[1 : NEIGHBOURS + 1]


def test_a_blend_adds_up_and_leaves_out_what_is_there() -> None:
    near = {"a": [("b", 5), ("c", 4), ("d", 3)], "b": [("a", 9), ("d", 3), ("e", 1)]}
    assert blend([["a", "b", "x"], ["b"], [], ["x"]], near, 2) == [
        [("d", 6), ("c", 4)],
        [("a", 9), ("d", 3)],
        [],
        [],
    ]


def test_a_blend_does_not_hang_on_the_company_it_is_asked_in() -> None:
    near = {name: [(f"q{n}", 7) for n in range(9)] + [(f"r{name}", 7)] for name in "abcdef"}
    alone = blend([["c"]], near, 4)
    assert blend([["a", "f"], ["c"], ["b", "d"]], near, 4)[1] == alone[0] == [(f"q{n}", 7) for n in range(4)]
