"""The way out over HTTP: many requests at once, within the provider's rate, each answer told apart.

A provider is a small file: its settings, what a request to it says, and what its codes mean.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import ClassVar, Generic, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import orjson

from loyaltyloop.channels.http.answers import kind_of, read_small, retry_after
from loyaltyloop.channels.http.loop import Loop
from loyaltyloop.channels.http.meaning import Meaning, meaning_of, outcome_of, shown
from loyaltyloop.channels.http.pace import Pace
from loyaltyloop.channels.http.reached import not_reached
from loyaltyloop.channels.http.settings import HttpSettings
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.journey.addresses import is_local
from loyaltyloop.settings import Settings

LARGEST = 1_000_000  # bytes of an answer that are read
FIRST, MOST = 200, 1000  # messages of a claim: the first, and one where so many leave within a second
CONNECT = 10.0  # seconds to connect
# So many requests in a row without an answer: the others of this delivery are not tried.
LOST = 3
# A pause that the provider asks for is waited for here if it is no longer; so many times for a message.
PATIENCE, TIMES = 5.0, 3
PAUSES = (429, 503)
_SURELY_NOT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_AGENT = "LoyaltyLoop"
S = TypeVar("S", bound=HttpSettings)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a provider. `url`: whole."""

    url: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class HttpWay(WayOut, Generic[S]):
    """Hands messages to a provider. A subclass says what a request holds, and what the provider's codes mean.

    `title`: how people call the provider. `together`: so many messages go in one request (see `pack`).
    `meanings`: what its codes, or a status written as text, mean; what is not in it means what HTTP says.
    `id_field`: where a JSON answer tells what the provider calls the message; without that an answer is not
    taken for the provider's.
    `clock`: the present, which a `Retry-After` may be told by, and signatures.
    """

    title: ClassVar[str]
    kind: ClassVar[type[HttpSettings]] = HttpSettings
    meanings: ClassVar[Mapping[str, Meaning]] = {}
    together: ClassVar[int] = 1
    id_field: ClassVar[str] = ""

    def __init__(
        self, settings: S, clock: Callable[[], datetime], context: ssl.SSLContext | None = None
    ) -> None:
        self.settings, self._clock, self._context = settings, clock, context
        self.far = not is_local(urlsplit(settings.url).hostname or "")
        self.keeps = self.idempotent  # the same key goes with the same words
        self._most = min(MOST, max(1, int(settings.rate or MOST) * self.together))
        self.batch = min(FIRST, self._most)
        self._pace = Pace(settings.rate)
        self._loop: Loop | None = None
        self._client: httpx.AsyncClient | None = None
        self._lost = 0
        self._closed: Outcome | None = None  # why nothing more is offered in this delivery

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings say. UserError for what is missing or wrong in the provider's group of them."""
        return cls(settings.group(cls.kind), lambda: datetime.now(UTC))  # type: ignore[arg-type]

    # ── what a provider says ────────────────────────────────────────────────

    @abstractmethod
    def request(self, outgoing: Outgoing) -> Request:
        """One message, as the provider wants to be asked. ValueError for what cannot be asked so."""

    def code(self, body: bytes) -> str:  # noqa: ARG002
        """The provider's own code of an error, from an answer other than 2xx; empty if there is none."""
        return ""

    def read(self, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """What an answer means for its message."""
        code = self.code(body) if status >= 300 else ""
        outcome = self.judged(outgoing, status, code, self.wait(headers))
        if outcome.state == "handed_over":
            number = self.told_id(headers, body)
            if self.id_field and not number:
                return self._unread(outgoing, status)
            return replace(outcome, provider_id=number)
        return outcome

    def told_id(self, headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG002
        """What the provider calls a message that it took; empty where it does not say so."""
        try:
            return str(orjson.loads(body)[self.id_field] or "").strip("<>")[:200] if self.id_field else ""
        except (ValueError, LookupError, TypeError):
            return ""

    def pack(self, several: Sequence[Outgoing]) -> Request:
        """Some messages in one request, where `together` is more than one."""
        return self.request(several[0])

    def unpack(
        self, several: Sequence[Outgoing], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Outcome]:
        """What the answer to `pack` means for each of them, in their order."""
        return [self.read(outgoing, status, headers, body) for outgoing in several]

    def judged(
        self, outgoing: Outgoing, status: int, code: str = "", after: timedelta = timedelta()
    ) -> Outcome:
        """The outcome that a status and a code of the provider mean."""
        meaning = meaning_of(status, code, self.meanings)
        return outcome_of(outgoing.key, self.title, meaning, shown(status, code), self.idempotent, after)

    def wait(self, headers: Mapping[str, str]) -> timedelta:
        """How long an answer asks to wait."""
        return retry_after(headers.get("retry-after", ""), self._clock())

    # ── the machinery ───────────────────────────────────────────────────────

    def open(self) -> str | None:
        """Why it takes nothing more in this delivery, if it has said so."""
        return self._closed.reason if self._closed else None

    def reach(self) -> str | None:
        """A connection to the service, by which nothing is asked; then whether it is open."""
        return not_reached(self.settings.url, self._context) or self.open()

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Many at once; what was under way when this process died may have arrived."""
        if self._loop is None:
            self._loop = Loop()
        yield from self._loop.run(self._all(iter(batch)))

    def close(self) -> None:
        loop, self._loop = self._loop, None
        client, self._client = self._client, None
        self._lost, self._closed = 0, None
        if loop is not None:
            if client is not None:
                loop.run(client.aclose())
            loop.close()

    async def _all(self, batch: Iterator[Outgoing]) -> list[Outcome]:
        """So many workers take what is next; the outcomes stand in the order of the batch."""
        began = asyncio.get_running_loop().time()
        parcels = iter(lambda: list(islice(batch, self.together)), [])
        found: list[list[Outcome]] = []

        async def work() -> None:
            for parcel in parcels:
                place = len(found)
                found.append([])
                found[place] = await self._one(parcel)

        workers = [work() for _ in range(self.settings.at_once)]
        for failed in await asyncio.gather(*workers, return_exceptions=True):
            if failed is not None:  # told when all others have ended
                raise failed
        told = [outcome for outcomes in found for outcome in outcomes]
        if self._closed is None:
            seconds = asyncio.get_running_loop().time() - began
            self.learn(len(told), seconds, min(self.settings.at_once * self.together, self._most), self._most)
        return told

    async def _one(self, parcel: Sequence[Outgoing]) -> list[Outcome]:
        try:
            request = self.pack(parcel)
        except ValueError:
            return [Outcome(one.key, "refused", f"{self.title} cannot be asked for it") for one in parcel]
        for left in reversed(range(TIMES)):
            await self._pace.wait()
            if self._closed is not None:
                return [_closed(self._closed, one) for one in parcel]
            try:
                async with asyncio.timeout(self.settings.timeout + CONNECT):
                    status, headers, body = await self._ask(request)
            except _SURELY_NOT as error:
                return self._unanswered(parcel, "later", error)
            except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError) as error:
                return self._unanswered(parcel, "doubtful", error)
            self._lost = 0
            outcomes = self._read(parcel, status, headers, body)
            passing = all(one.state == "try_again" and not one.away for one in outcomes)
            if not (left and status in PAUSES and passing and self._slows_down(headers, TIMES - left)):
                break
        return self._told(outcomes, status)

    def _read(
        self, parcel: Sequence[Outgoing], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Outcome]:
        try:
            return self.unpack(parcel, status, headers, body)
        except (ValueError, LookupError, TypeError, AttributeError):
            return [self._unread(one, status) for one in parcel]

    def _unread(self, outgoing: Outgoing, status: int) -> Outcome:
        said = f"{status}, and an answer that cannot be read"
        return outcome_of(outgoing.key, self.title, "doubtful", said, self.idempotent)

    async def _ask(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        if self._client is None:
            self._client = self._connected()
        asked = self._client.build_request(
            request.method, request.url, content=request.content, headers=request.headers
        )
        answer = await self._client.send(asked, stream=True)
        try:
            return answer.status_code, answer.headers, await read_small(answer, LARGEST)
        finally:
            await answer.aclose()

    def _connected(self) -> httpx.AsyncClient:
        """A proxy is never asked, a redirect never followed, and an answer comes as it is: it is small."""
        if self._context is None:
            self._context = ssl.create_default_context()
        most = self.settings.at_once
        return httpx.AsyncClient(
            verify=self._context,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self.settings.timeout, connect=CONNECT),
            limits=httpx.Limits(max_connections=most, max_keepalive_connections=most),
            headers={"user-agent": _AGENT, "accept": "application/json", "accept-encoding": "identity"},
        )

    def _unanswered(
        self, parcel: Sequence[Outgoing], meaning: Meaning, error: BaseException
    ) -> list[Outcome]:
        self._lost += 1
        said = f"no answer: {kind_of(error)}"
        outcomes = [outcome_of(one.key, self.title, meaning, said, self.idempotent) for one in parcel]
        if self._lost >= LOST and self._closed is None:
            self._closed = Outcome("", "try_again", f"{self.title} does not answer", away=True)
        return outcomes

    def _slows_down(self, headers: Mapping[str, str], times: int) -> bool:
        """Let all wait as long as it asks for, if that is short: what was asked may then be asked again."""
        seconds = self.wait(headers).total_seconds() or 0.5 * 2**times
        if seconds <= PATIENCE:
            self._pace.pause(seconds)
        return seconds <= PATIENCE

    def _told(self, outcomes: list[Outcome], status: int) -> list[Outcome]:
        """After an answer that concerns not the message but us, the others are not offered."""
        last = outcomes[-1]
        away = last.away or (status in PAUSES and last.state == "try_again")
        if away and self._closed is None:
            self._closed = Outcome("", "try_again", last.reason, away=True, after=last.after)
        return outcomes


def _closed(why: Outcome, outgoing: Outgoing) -> Outcome:
    return Outcome(outgoing.key, "try_again", why.reason, away=True, after=why.after)
