"""Connections to hooks: the address is looked at before it is connected to, and that very address is.

A `url` in a journey may only lead to the internet. A hook of shop.yaml is the shop's own decision and may
lead into its private network or to this machine; to no link-local address (where clouds keep credentials).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx

from loyaltyloop.journey.addresses import is_local

EACH = 8  # connections to one address
Address = IPv4Address | IPv6Address


class Unreachable(Exception):
    """An address to which nothing may be posted; says why."""


class Reaching:
    """Posts to addresses; connections are used again until it is closed. A proxy is never asked."""

    def __init__(self, context: ssl.SSLContext, timeout: float) -> None:
        self._context, self._timeout = context, timeout
        self._clients: dict[tuple[str, Address], httpx.AsyncClient] = {}
        self._found: dict[tuple[str, bool], list[Address]] = {}

    @asynccontextmanager
    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], near: bool
    ) -> AsyncIterator[httpx.Response]:
        """The answer to one request, its body not read yet. Unreachable; or what httpx and sockets raise.

        `near`: may it go to this machine, or into a private network?
        """
        where = httpx.URL(url)
        _must_be_safe(where, near)
        host, *others = await self._addresses(where, near)
        try:
            answer = await self._send(where, host, body, headers)
        except httpx.ConnectError:
            if not others:
                raise
            answer = await self._send(where, others[0], body, headers)
        try:
            yield answer
        finally:
            await answer.aclose()

    async def close(self) -> None:
        """Let go of all connections."""
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.aclose()

    async def _send(
        self, where: httpx.URL, address: Address, body: bytes, headers: Mapping[str, str]
    ) -> httpx.Response:
        """To this very address, by the name that the certificate must bear."""
        client = self._client(where, address)
        name = where.raw_host.decode("ascii")
        request = client.build_request(
            "POST",
            where.copy_with(host=str(address)),
            content=body,
            headers={**headers, "host": where.netloc.decode("ascii")},
            extensions={"sni_hostname": name},
        )
        return await client.send(request, stream=True)

    def _client(self, where: httpx.URL, address: Address) -> httpx.AsyncClient:
        """One for each name and address: a connection is for the name that its certificate bears."""
        origin = (f"{where.scheme}://{where.netloc.decode('ascii')}", address)
        found = self._clients.get(origin)
        if found is None:
            found = self._clients[origin] = httpx.AsyncClient(
                verify=self._context,
                trust_env=False,
                follow_redirects=False,
                timeout=self._timeout,
                limits=httpx.Limits(max_connections=EACH, max_keepalive_connections=EACH),
            )
        return found

    async def _addresses(self, where: httpx.URL, near: bool) -> list[Address]:
        asked = (where.host, near)
        if asked not in self._found:
            port = where.port or (443 if where.scheme == "https" else 80)
            loop = asyncio.get_running_loop()
            rows = await loop.getaddrinfo(where.host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(ip_address(str(row[4][0]).partition("%")[0]) for row in rows))
            for address in found:
                _must_be_allowed(address, near)
            self._found[asked] = found
        return self._found[asked]


def _must_be_safe(where: httpx.URL, near: bool) -> None:
    if where.scheme != "https" and not (near and where.scheme == "http" and is_local(where.host)):
        raise Unreachable("calls are posted over https alone")
    if where.userinfo:
        raise Unreachable("the address holds a user name or a password")


def _must_be_allowed(address: Address, near: bool) -> None:
    real = getattr(address, "ipv4_mapped", None) or address
    if real.is_link_local or real.is_multicast or real.is_unspecified:
        raise Unreachable("the hook's name leads to an address that is no server's")
    if not near and not real.is_global:
        raise Unreachable("the address leads into a private network: make it a hook of shop.yaml")
