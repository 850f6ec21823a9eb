"""The way out of calls that really posts them: signed, bounded in time and size, never to a redirect."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import httpx

from loyaltyloop.channels.calls.reaching import EACH, Reaching, Unreachable
from loyaltyloop.channels.http.answers import kind_of, read_small, retry_after
from loyaltyloop.channels.http.loop import Loop
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.signing import headers

TIMEOUT = 15.0  # seconds for one call, from finding the address to the end of the answer
AT_ONCE = 32  # calls under way
LARGEST = 65_536  # bytes of an answer that are read, so that its connection can be used again
# So many calls in a row that an address did not answer: the others of this delivery are not tried there.
LOST = 3
SOON, LATE, LONGEST = timedelta(minutes=1), timedelta(hours=6), timedelta(days=1)
_AGENT = "LoyaltyLoop (web hook; https://www.standardwebhooks.com)"
# Not now: the request took too long, came too early, or there are too many of them.
_LATER = frozenset((408, 425, 429))

Secrets = Callable[[str], Sequence[bytes]]


class Posts(WayOut):
    """Posts calls, many at once. Each may be repeated: its `webhook-id` and its body stay the same.

    `secrets`: the keys by the name of a setting; LookupError or ValueError say why there are none. `clock`:
    the present, which signatures tell. `near`: may calls signed by this setting go into private networks?
    """

    name = "post"
    idempotent = True
    far = True
    keeps = True
    batch = 100

    def __init__(
        self,
        secrets: Secrets,
        clock: Callable[[], datetime],
        near: Callable[[str], bool] = lambda _: True,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._secrets, self._clock, self._near, self._timeout = secrets, clock, near, timeout
        self._context = context
        self._loop: Loop | None = None
        self._reaching: Reaching | None = None
        self._lost: Counter[str] = Counter()

    def open(self) -> str | None:
        """Ready whenever it is asked: each call goes to an address of its own."""
        return None

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """All of them at once; what was under way when this process died is posted again."""
        if self._loop is None:
            self._loop = Loop()
            self._reaching = Reaching(self._context or ssl.create_default_context(), self._timeout)
        yield from self._loop.run(self._all(list(batch)))

    def close(self) -> None:
        loop, self._loop = self._loop, None
        reaching, self._reaching = self._reaching, None
        self._lost.clear()
        if loop is not None:
            if reaching is not None:
                loop.run(reaching.close())
            loop.close()

    async def _all(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        room = asyncio.Semaphore(AT_ONCE)
        rooms: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(EACH))

        async def one(message: Outgoing) -> Outcome:
            origin = _origin(message.to)
            async with rooms[origin], room:  # its own first: an address that hangs takes no other's place
                return await self._one(message, origin)

        return await asyncio.gather(*map(one, batch))

    async def _one(self, message: Outgoing, origin: str) -> Outcome:
        try:
            keys = self._secrets(message.sender)
        except (LookupError, ValueError) as error:
            return _later(message, str(error))
        if self._lost[origin] >= LOST:
            return _later(message, f"{origin} does not answer")
        try:
            async with asyncio.timeout(self._timeout):
                outcome = await self._post(message, keys)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError, ValueError) as error:
            self._lost[origin] += 1
            return _later(message, f"no answer from {origin} ({kind_of(error)})")
        except Unreachable as error:
            return Outcome(message.key, "refused", str(error))
        self._lost[origin] = 0
        return outcome

    async def _post(self, message: Outgoing, keys: Sequence[bytes]) -> Outcome:
        assert self._reaching is not None
        seconds = int(self._clock().timestamp())
        own = {"content-type": "application/json", "user-agent": _AGENT}
        own |= headers(keys, message.key, seconds, message.raw)
        async with self._reaching.post(message.to, message.raw, own, self._near(message.sender)) as answer:
            await read_small(answer, LARGEST)
            return self._judged(message, answer)

    def _judged(self, message: Outgoing, answer: httpx.Response) -> Outcome:
        """What a status means. The words of an answer may hold anything: only its number is kept."""
        status = answer.status_code
        if 200 <= status < 300:
            return Outcome(message.key, "handed_over")
        if status in _LATER or status >= 500:
            wait = retry_after(answer.headers.get("retry-after", ""), self._clock())
            return _later(message, f"the hook does not take it now ({status})", wait)
        if status < 400:
            return Outcome(message.key, "refused", f"the hook is elsewhere ({status}): write its new address")
        return Outcome(message.key, "refused", f"the hook refuses it ({status})")


def _later(message: Outgoing, reason: str, wanted: timedelta = timedelta()) -> Outcome:
    """Again after as long as it is old, in bounds: each pause is about twice the last."""
    wait = max(SOON, min(message.age, LATE), min(wanted, LONGEST))
    return Outcome(message.key, "try_again", reason, after=wait)


def _origin(url: str) -> str:
    """Scheme and host: what is told of an address, without what may be secret in its path."""
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        return "the address"
    return f"{parts.scheme}://{parts.netloc.decode('ascii').rpartition('@')[2]}"
