"""`/a/<token>`: an answer, shown as the link chose it, and confirmed by the page's button.

Opening the page answers nothing, as scanners open every link; it is a click, judged as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from loyaltyloop.channels.values.shop import shop_names
from loyaltyloop.journey.question import COMMENT, Question
from loyaltyloop.store.database import read
from loyaltyloop.store.messages.addressees import Mailed, load_mailed
from loyaltyloop.store.messages.replies import Posed, Reply, question_of, replies
from loyaltyloop.web.answers.reply import SOURCE, Wrong, answered, ids_of, plain, read_reply
from loyaltyloop.web.pages import show
from loyaltyloop.web.pages.serving import Nobody, Opened, commit, find_reader, kindly, read_form
from loyaltyloop.web.responses.recording import Link, record
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

router = APIRouter(tags=["customers"], include_in_schema=False)
LARGEST = 64 * 1024  # bytes of a form: a comment takes up to twelve for each character
TRIES = 5  # answers of others that may come in between


@dataclass(frozen=True)
class OpenQuestion:
    """A question that was opened: by whom, in which message, what was answered so far."""

    opened: Opened
    letter: Mailed
    posed: Posed
    given: list[Reply]

    @property
    def question(self) -> Question:
        return self.posed.question

    @property
    def number(self) -> int:
        """Of the answer whose link it was."""
        return self.opened.token.number or 0


@router.api_route("/a/{token:path}", methods=["GET", "HEAD"])
@kindly
async def ask(request: Request, token: str) -> Response:
    """The question, with the link's answer chosen; or thanks, when it was just answered."""
    service = service_of(request)
    asked = await run_in_threadpool(_find, service, token)
    if request.query_params.get("done") == "saved" and asked.given:
        return _thanks(asked, token)
    value = str(asked.question.choices[asked.number].value)
    link = Link(f"answer {asked.number}", f"{service.public_url}/a#{value}")
    await record(request, "a", asked.letter, link)
    return _page(asked, token, asked.number)


@router.post("/a/{token:path}")
@kindly
async def answer(request: Request, token: str) -> Response:
    """Record the answer, and say thank you. The same answer twice is one."""
    service = service_of(request)
    asked = await run_in_threadpool(_find, service, token)
    form = await read_form(request, LARGEST)
    if form is None:
        raise Nobody("unreadable", 400, asked.opened.shop)
    try:
        reply = read_reply(asked.question, form)
    except Wrong as wrong:
        service.counts["page", "a", wrong.about] += 1
        return _page(asked, token, asked.number, form, wrong.about)
    outcome = await _record(service, asked, reply)
    service.counts["page", "a", outcome] += 1
    if outcome == "often":
        return _page(asked, token, asked.number, form, "often")
    return show.thanks(token, "saved")


async def _record(service: Service, asked: OpenQuestion, reply: Reply) -> str:
    """`answered`; `same`, where it stood there already; `often`, where there are too many. Busy."""
    by, outcome, given = asked.opened.recipient, "same", asked.given
    ids = ids_of(by.key)
    for _ in range(TRIES):
        if given and given[-1] == reply:
            return outcome
        if len(given) == len(ids):
            return "often"
        await commit(service, [answered(by, asked.posed, reply, given, service.clock())])
        # Somebody else may have answered in between, under the same id: then this one was not taken.
        given, outcome = await run_in_threadpool(_given, service, by.key), "answered"
    raise Busy


def _find(service: Service, token: str) -> OpenQuestion:
    with read(service.engine) as connection:
        opened = find_reader(connection, service, "a", token)
        key, number = opened.recipient.key, opened.token.number or 0
        posed, letter = question_of(connection, key), load_mailed(connection, [key]).get(key)
        if posed is None or letter is None:
            raise Nobody("gone", 410, opened.shop)
        if number >= len(posed.question.choices):
            raise Nobody("forged", 404, opened.shop)
        return OpenQuestion(opened, letter, posed, replies(connection, SOURCE, ids_of(key)))


def _given(service: Service, key: str) -> list[Reply]:
    with read(service.engine) as connection:
        return replies(connection, SOURCE, ids_of(key))


# ── what is shown ───────────────────────────────────────────────────────────

_STATUS = {"": 200, "often": 429}


def _page(
    asked: OpenQuestion, token: str, chosen: int, form: Mapping[str, str] | None = None, wrong: str = ""
) -> Response:
    """The question; with a `form`, as it was filled in, and what is `wrong` with it."""
    shop, said = asked.opened.shop, form or {}
    texts = show.texts_of(shop, asked.opened.recipient, said.get("language"))
    comment = plain(said.get("comment", ""))
    picked = said.get("answer", "" if form else str(chosen))
    return show.page(
        "answer",
        shop,
        texts,
        _STATUS.get(wrong, 422),
        here=token,
        question=asked.question,
        words=str(shop_names(shop)["language"]),
        picked=picked,
        written=comment,
        length=str(len(comment)),
        most=str(COMMENT),
        again=bool(asked.given),
        wrong=wrong,
    )


def _thanks(asked: OpenQuestion, token: str) -> Response:
    shop = asked.opened.shop
    return show.page(
        "answered",
        shop,
        show.texts_of(shop, asked.opened.recipient),
        here=token,
        question=asked.question,
        words=str(shop_names(shop)["language"]),
        answer=asked.question.text_of(asked.given[-1].answer),
    )
