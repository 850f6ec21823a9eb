"""The web service on a real socket, on both databases."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from loyaltyloop.settings import Settings
from loyaltyloop.web.server import Patience, server_of
from loyaltyloop.web.service import Service

WRITE_KEY = "a write key for tests"
SHOP_SECRETS = {"shopify": "Shopify's secret for tests", "woocommerce": "WooCommerce's, ünd mehr"}


@pytest.fixture
def service(engine: Engine, tmp_path: Path) -> Service:
    """A service on an empty database."""
    settings = Settings(
        project=tmp_path,
        write_key=SecretStr(WRITE_KEY),
        secret_key=SecretStr("a secret for tests"),
        shopify_secret=SecretStr(SHOP_SECRETS["shopify"]),
        woocommerce_secret=SecretStr(SHOP_SECRETS["woocommerce"]),
        public_url="https://links.shop.example",
    )
    return Service(engine, settings)


@pytest.fixture
def web(service: Service) -> Iterator[httpx.Client]:
    """A client of the service, which listens on a free port."""
    with served(service) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


class served:  # noqa: N801 - used like a function
    """The service behind a socket of its own, in a thread; the value is its URL."""

    def __init__(self, service: Service, patience: Patience | None = None) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._server = server_of(service, patience)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))

    def __enter__(self) -> str:
        self._socket.listen()
        self._thread.start()
        host, port = self._socket.getsockname()
        return f"http://{host}:{port}"

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
