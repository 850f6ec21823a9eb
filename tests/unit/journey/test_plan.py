from __future__ import annotations

from dataclasses import replace
from datetime import time
from decimal import Decimal

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import AllOf, Compare, Did, Where
from loyaltyloop.journey.model import (
    Again,
    At,
    Branch,
    ByEvent,
    ByHand,
    Enter,
    Journey,
    Leave,
    Path,
    Send,
    Step,
    Used,
    Wait,
)
from loyaltyloop.journey.showing import plan
from loyaltyloop.journey.showing.plan import Difference

ORDERED = Did(("Order Completed",), since="entered")
DAYS = Wait(Duration.of("2 days"))


def step(name: str, action: object, then: str | None = None, **words: object) -> Step:
    return Step(name, action, (("", then),), after=then, first_name=name, **words)  # type: ignore[arg-type]


def journey(*steps: Step, **words: object) -> Journey:
    return Journey("welcome", "", Enter(ByEvent(("Signed Up",))), steps, **words)  # type: ignore[arg-type]


HELLO = step("hello", Send("welcome/hello"), "hello.wait")
PAUSE = step("hello.wait", DAYS, "picks")
PICKS = step("picks", Send("welcome/picks"))
LIVE = journey(HELLO, PAUSE, PICKS)


def branch(**paths: Path) -> Step:
    found = Branch(tuple(paths.values()))
    return Step("which", found, tuple((name, None) for name in paths), first_name="which")


def test_the_same_journey_has_no_differences() -> None:
    assert plan.differences(LIVE, LIVE) == []


def test_places_in_the_file_do_not_count() -> None:
    moved = journey(*(replace(found, line=found.line + 7) for found in LIVE), uses=(Used("cart", 1, 2),))
    assert plan.same(LIVE, moved)
    assert plan.same_steps(LIVE, moved)
    assert plan.differences(LIVE, moved) == []


def test_a_step_added_in_the_middle_is_all_that_is_told() -> None:
    tips = step("tips", Send("welcome/tips"), "picks")
    new = journey(HELLO, replace(PAUSE, edges=(("", "tips"),), after="tips"), tips, PICKS)
    assert plan.differences(LIVE, new) == [Difference("step added", "tips", "send")]
    assert not plan.same_steps(LIVE, new)


def test_a_step_removed() -> None:
    new = journey(HELLO, replace(PAUSE, edges=(("", None),)))
    assert plan.differences(LIVE, new) == [Difference("step removed", "picks", "send")]


def test_a_step_renamed_keeps_its_place() -> None:
    renamed = replace(HELLO, name="greeting", was=("hello",))
    new = journey(renamed, PAUSE, PICKS)
    expected = [Difference("step renamed", "hello", "hello → greeting", "greeting")]
    assert plan.differences(LIVE, new) == expected


def test_renamed_without_was_is_one_removed_and_one_added() -> None:
    new = journey(replace(HELLO, name="greeting"), PAUSE, PICKS)
    kinds = [(found.kind, found.step) for found in plan.differences(LIVE, new)]
    assert kinds == [("step removed", "hello"), ("step added", "greeting")]


def test_a_longer_wait_says_both_lengths() -> None:
    new = journey(HELLO, replace(PAUSE, action=Wait(Duration.of("3 days"), at=At(time(9)))), PICKS)
    expected = [Difference("step changed", "hello.wait", "2 days → 3 days, at none → 09:00")]
    assert plan.differences(LIVE, new) == expected


def test_another_template_and_condition() -> None:
    new = journey(HELLO, PAUSE, replace(PICKS, action=Send("welcome/best"), condition=ORDERED))
    [told] = plan.differences(LIVE, new)
    assert (told.kind, told.step) == ("step changed", "picks")
    template, condition = told.detail.split(", ")
    assert template == "template welcome/picks → welcome/best"
    assert condition == "if none → did Order Completed since entered"


def test_another_verb_under_the_same_name() -> None:
    new = journey(HELLO, PAUSE, replace(PICKS, action=Leave("done")))
    assert plan.differences(LIVE, new) == [Difference("step changed", "picks", "send → leave")]


def test_paths_added_removed_and_changed() -> None:
    old = journey(branch(a=Path("a", ORDERED), b=Path("b", ORDERED), rest=Path("rest")))
    new = journey(branch(a=Path("a", Did(("Signed Up",))), c=Path("c", ORDERED), rest=Path("rest")))
    assert plan.differences(old, new) == [
        Difference("path removed", "which", "b"),
        Difference("path changed", "which", "a when did Order Completed since entered → did Signed Up"),
        Difference("path added", "which", "c"),
    ]


def test_shares_are_told_in_per_cent() -> None:
    old = journey(branch(a=Path("a", share=Decimal("0.5")), b=Path("b", share=Decimal("0.5"))))
    new = journey(branch(a=Path("a", share=Decimal("0.625")), b=Path("b", share=Decimal("0.375"))))
    told = [found.detail for found in plan.differences(old, new)]
    assert told == ["a share 50% → 62.5%", "b share 50% → 37.5%"]


def test_two_steps_in_the_other_order() -> None:
    new = journey(PICKS, HELLO, PAUSE)
    assert plan.differences(LIVE, new) == [Difference("step moved", "picks")]


def test_a_step_moved_into_a_path_that_was_renamed_with_its_step() -> None:
    inner = step("inner", DAYS, within_paths=("which.a",))
    old = journey(branch(a=Path("a")), inner)
    renamed = replace(branch(a=Path("a")), name="choice", was=("which",))
    stays = journey(renamed, replace(inner, within_paths=("choice.a",)))
    leaves = journey(renamed, replace(inner, within_paths=()))
    assert [found.kind for found in plan.differences(old, stays)] == ["step renamed"]
    assert [found.kind for found in plan.differences(old, leaves)] == ["step renamed", "step moved"]


def test_what_stands_above_the_steps() -> None:
    new = replace(
        LIVE,
        about="Greet",
        priority=60,
        purpose="service",
        holdout=Decimal("0.1"),
        goal=ORDERED,
        goal_within=Duration.of("14 days"),
        leave_when=(("bought", ORDERED),),
        enter=Enter(ByEvent(("Signed Up", "Joined"), Where((("plan", (Compare("is", "a"),)),)))),
    )
    assert plan.differences(LIVE, new) == [
        Difference("about changed"),
        Difference("purpose changed", detail="marketing → service"),
        Difference("priority changed", detail="50 → 60"),
        Difference("entering changed", detail="event Signed Up → Signed Up, Joined, where"),
        Difference("leaving changed", detail="+bought"),
        Difference("goal changed", detail="none → did Order Completed since entered, none → 14 days"),
        Difference("holdout changed", detail="0% → 10%"),
    ]


def test_another_way_in_and_how_often() -> None:
    new = replace(LIVE, enter=Enter(ByHand(), again=Again("after", Duration.of("180 days"))))
    expected = [Difference("entering changed", detail="by, again never → after 180 days")]
    assert plan.differences(LIVE, new) == expected


def test_leave_when_tells_each_reason() -> None:
    old = replace(LIVE, leave_when=(("bought", ORDERED), ("gone", ORDERED)))
    new = replace(LIVE, leave_when=(("bought", Did(("Signed Up",))), ("moved", ORDERED)))
    assert plan.differences(old, new) == [Difference("leaving changed", detail="+moved, -gone, ~bought")]


def test_downstream_follows_paths_and_conditions() -> None:
    a = replace(step("a", DAYS), edges=(("", "b"),), after="c", condition=ORDERED)
    steps = journey(a, step("b", DAYS), step("c", DAYS, "d"), step("d", DAYS), step("alone", DAYS))
    assert plan.downstream(steps, "a") == {"b", "c", "d"}
    assert plan.downstream(steps, "d") == frozenset()


def test_counterpart_prefers_the_name_itself() -> None:
    renamed = replace(HELLO, name="greeting", was=("hello",))
    assert plan.counterpart("hello", journey(renamed, PAUSE, PICKS)) == renamed
    assert plan.counterpart("hello", journey(renamed, HELLO, PAUSE)) == HELLO
    assert plan.counterpart("nowhere", LIVE) is None


def test_a_nameless_step_is_renamed_with_the_step_that_it_is_named_after() -> None:
    renamed = replace(HELLO, name="greeting", was=("hello",))
    nameless = replace(PAUSE, name="greeting.wait")
    assert plan.counterpart("hello.wait", journey(renamed, nameless, PICKS)) == nameless
    assert plan.counterpart("hello.wait", journey(renamed, PICKS)) is None
    told = plan.differences(LIVE, journey(renamed, nameless, PICKS))
    assert [difference.step for difference in told] == ["hello"]
    named = replace(PAUSE, name="pause", was=("hello.wait",))
    assert plan.counterpart("hello.wait", journey(renamed, named, PICKS)) == named


def test_what_takes_too_many_words_is_named_alone() -> None:
    long = AllOf(tuple(Did((f"Event Number {number}",)) for number in range(9)))
    new = journey(HELLO, PAUSE, replace(PICKS, condition=long))
    assert plan.differences(LIVE, new) == [Difference("step changed", "picks", "if")]
