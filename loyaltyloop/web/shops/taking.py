"""What a delivery becomes, committed: events by the service's writer, products in their own transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool

from loyaltyloop.store.database import write
from loyaltyloop.store.orders import shop_products
from loyaltyloop.store.orders.shop_products import News
from loyaltyloop.store.segment import Call
from loyaltyloop.web.service import Service

PATIENCE = 4.0  # seconds; Shopify waits for five


async def take(service: Service, said: Sequence[Call | News]) -> None:
    """Return after the commit.

    Busy, TimeoutError or SQLAlchemyError: it shall come again (whatever was committed meanwhile stands, and a
    second time adds nothing). Refused: a product that cannot be taken. UserError: no shop was applied.
    """
    calls = [each for each in said if isinstance(each, Call)]
    news = [each for each in said if not isinstance(each, Call)]
    async with asyncio.timeout(PATIENCE):
        # Shielded: who waits no longer must not call back what the writer is about to commit.
        if calls:
            await asyncio.shield(asyncio.wrap_future(service.writer.put(calls)))
        if news:
            await asyncio.shield(asyncio.ensure_future(run_in_threadpool(_take_products, service, news)))


def _take_products(service: Service, news: Sequence[News]) -> None:
    shop = service.shop()
    with write(service.engine) as connection:
        shop_products.take(connection, shop, news)
