"""Who may ask how often: token buckets, one for each sender, in a table that cannot grow beyond its size.

A bucket holds `burst` requests and gains `rate` a second. All that is kept of one is the instant at which it
is full again; one that is full is as one that was never seen, so that forgetting it changes nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil

from loyaltyloop.settings import Settings
from loyaltyloop.web.keys import key_of_header, sender_of_key

MOST = (
    50_000  # senders that are remembered, about 10 MB; of more, those that were quiet longest are forgotten
)
SECONDS = 10  # a bucket that was left alone holds what its rate allows in so many
HOST = -1  # this machine itself, which is not limited: a program of the shop's, or a proxy that tells nobody
NOBODY = -2  # no address: a socket of the file system
AREAS = {
    "c": "links",
    "o": "links",
    "v": "links",
    "u": "pages",
    "p": "pages",
    "a": "pages",
    "d": "pages",
    "e": "pages",
    "v1": "ingest",
    "hooks": "hooks",
}


def arrive(full_at: float, now: float, rate: float, burst: int) -> tuple[float, float]:
    """A request at `now` (seconds) to a bucket that is full again at `full_at`.

    When it is full from now on, and how many seconds too early the request is: 0 for one that is welcome,
    which takes one out; what comes too early takes nothing.
    """
    full_at = max(full_at, now)
    early = full_at - now - (burst - 1) / rate
    if early > 1e-9:  # less is what rounding leaves
        return full_at, early
    return full_at + 1 / rate, 0.0


class Buckets:
    """A bucket for each sender. `rate`: requests a second; 0: as many as they like."""

    def __init__(self, rate: float, burst: int, most: int = MOST) -> None:
        self._rate, self._burst, self._most = rate, burst, most
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """How many senders are remembered."""
        return len(self._full_at)

    def take(self, sender: Hashable, now: float) -> float:
        """How many seconds too early this request comes; 0: it is welcome."""
        if not self._rate:
            return 0.0
        full_at, early = arrive(self._full_at.get(sender, now), now, self._rate, self._burst)
        self._full_at[sender] = full_at
        self._full_at.move_to_end(sender)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
        return early


@dataclass(frozen=True)
class Limits:
    """The buckets of each area of the service. `known_hooks`: the paths of the hooks that there are."""

    links: Buckets
    pages: Buckets
    hooks: Buckets
    ingest: Buckets
    rest: Buckets = field(default_factory=lambda: Buckets(0, 1))
    is_server: Callable[[bytes], bool] = lambda _authorization: False
    known_hooks: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """As the settings say; what has no area of its own is limited as pages are."""
        rates = (settings.limit_links, settings.limit_pages, settings.limit_hooks, settings.limit_ingest)
        links, pages, hooks, ingest = (Buckets(rate, max(ceil(rate * SECONDS), 1)) for rate in rates)
        rest = Buckets(settings.limit_pages, max(ceil(settings.limit_pages * SECONDS), 1))

        def is_server(authorization: bytes) -> bool:
            key = key_of_header(authorization.decode("latin-1"))
            return sender_of_key(settings, key or "") == "server"

        return cls(links, pages, hooks, ingest, rest, is_server)

    def early(self, path: str, host: str | None, authorization: bytes, now: float) -> tuple[str, float]:
        """Of a request: its area, and how many seconds too early it comes.

        Events of the shop's servers are limited together, wherever they come from. All others' go by the
        address, as often as links: the public key is anybody's. Hooks go by name and address: nobody uses up
        what a provider may send; names of no hook go together, as they are anybody's to make up. All else
        goes by the address.
        """
        first = path[1:].partition("/")[0]
        area = AREAS.get(first, "rest")
        if area == "ingest" and self.is_server(authorization):
            return area, self.ingest.take(area, now)
        sender = sender_of(host)
        if sender == HOST:
            return area, 0.0
        if area == "ingest":
            return area, self.links.take((area, sender), now)
        if area == "hooks":
            return area, self.hooks.take((path if path in self.known_hooks else "", sender), now)
        buckets: Buckets = getattr(self, area)
        return area, buckets.take(sender, now)


@lru_cache(maxsize=4096)
def sender_of(host: str | None) -> int:
    """Who sends from this address: an IPv4 address, or the /64 of an IPv6 one: so many has one line."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return NOBODY
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return HOST if address.is_loopback else (1 << 64) + (int(address) >> 64)
        address = address.ipv4_mapped
    return HOST if address.is_loopback else int(address)
