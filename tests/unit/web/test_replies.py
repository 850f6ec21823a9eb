"""What a form answers, and the event that it becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.journey.question import COMMENT, Choice, Question
from loyaltyloop.store.canonical import canonical
from loyaltyloop.store.messages.addressees import Recipient
from loyaltyloop.store.messages.replies import Posed, Reply
from loyaltyloop.web.answers.reply import MOST, Wrong, answered, ids_of, plain, read_reply

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TASTE = Question("What for?", (Choice("gift", "A present"), Choice("2", "Two")), comment=True)
NPS = Question("How likely?", tuple(Choice(number, str(number)) for number in range(11)), scale=True)
ADA = Recipient("the key", "letters", "service", "email", 1, "UTC", user_id="ada")


@pytest.mark.parametrize(
    ("question", "form", "reply"),
    [
        (TASTE, {"answer": "0"}, Reply("gift")),
        (TASTE, {"answer": "1", "comment": " a\r\nb\rc "}, Reply("2", "a\nb\nc")),
        (TASTE, {"answer": "1", "more": "x"}, Reply("2")),
        (NPS, {"answer": "0", "comment": "not asked for"}, Reply(0)),
        (NPS, {"answer": "10"}, Reply(10)),
        (TASTE, {}, "choose"),
        (TASTE, {"answer": "2"}, "choose"),
        (TASTE, {"answer": "gift"}, "choose"),
        (TASTE, {"answer": "01"}, "choose"),
        (TASTE, {"answer": "-1"}, "choose"),
        (TASTE, {"answer": "²"}, "choose"),
        (TASTE, {"answer": "0", "comment": "x" * (COMMENT + 1)}, "long"),
        (TASTE, {"answer": "0", "comment": "x" * COMMENT + "\n \n"}, Reply("gift", "x" * COMMENT)),
    ],
    ids=lambda one: None,
)
def test_a_form(question: Question, form: dict[str, str], reply: Reply | str) -> None:
    if isinstance(reply, Reply):
        assert read_reply(question, form) == reply
        return
    with pytest.raises(Wrong) as wrong:
        read_reply(question, form)
    assert wrong.value.about == reply


@given(st.text())
def test_any_words_can_be_kept(words: str) -> None:
    kept = plain(words)
    assert canonical(kept) == kept
    assert plain(kept) == kept
    assert "\r" not in kept and "\0" not in kept


def test_an_answer_is_later_than_the_one_before() -> None:
    before = [Reply("gift", at=NOW + timedelta(seconds=3))]
    call = answered(ADA, Posed("taste", TASTE), Reply("2", "words"), before, NOW)
    assert call.at == call.arrived_at == NOW + timedelta(seconds=3)
    assert (call.message_id, call.user_id, call.name) == (ids_of("the key")[1], "ada", "Survey Answered")
    assert call.properties["comment"] == "words"
    first = answered(ADA, Posed("taste", TASTE), Reply("gift"), [], NOW)
    assert (first.at, first.message_id) == (NOW, "the key answer 0")
    assert "comment" not in first.properties


def test_the_page_of_the_docs_is_right() -> None:
    page = Path("docs/pages.md").read_text(encoding="utf-8").partition("## Answering")[2]
    assert f"up to {COMMENT:,} characters" in page
    assert f"up to {MOST} times" in page
    told = answered(ADA, Posed("taste", TASTE), Reply("gift", "words"), [], NOW).properties
    assert all(f"`{name}`" in page for name in told)
