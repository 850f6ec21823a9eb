"""The web service: one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from loyaltyloop.web import health, segment
from loyaltyloop.web.answers import routes as answers
from loyaltyloop.web.browsers import Browsers
from loyaltyloop.web.openapi.document import document
from loyaltyloop.web.operation import Operation, no_route
from loyaltyloop.web.pages import data
from loyaltyloop.web.pages import routes as pages
from loyaltyloop.web.providers import routes as providers
from loyaltyloop.web.responses import routes as responses
from loyaltyloop.web.service import Service
from loyaltyloop.web.shops import routes as shops

ROUTERS = (
    health.router,
    segment.router,
    responses.router,
    providers.router,
    shops.router,
    pages.router,
    answers.router,
    data.router,
)


def _hooks() -> Iterator[str]:
    """The paths of all hooks, so that each has limits of its own."""
    routes = (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute))
    return (route.path for route in routes if route.path.startswith("/hooks/"))


def create_app(service: Service) -> FastAPI:
    """The application on this service; its writer and waker run as long as the application does."""

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        service.waker.start()
        service.writer.start()
        try:
            yield
        finally:
            service.writer.close()
            service.waker.close()

    app = FastAPI(
        title="Loyalty Loop",
        version="1",
        lifespan=running,
        openapi_url=None,  # ours tells more than can be read off the routes' arguments
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # nobody is sent anywhere by a path
    )
    if origins := service.settings.origins:
        app.add_middleware(Browsers, origins=origins)
    app.add_exception_handler(HTTPException, no_route)
    app.add_middleware(Operation, service=service)
    app.state.service = service
    app.state.document = document(ROUTERS)
    service.limits.known_hooks.update(_hooks())
    for router in ROUTERS:
        app.include_router(router)
    return app
