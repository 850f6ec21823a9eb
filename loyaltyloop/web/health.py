"""Is the service alive, and connected to its database?"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from loyaltyloop.store.database import read
from loyaltyloop.web.service import Service, service_of

router = APIRouter(tags=["operation"])


@router.get("/healthz", responses={503: {"description": "The database does not answer"}})
async def healthz(request: Request) -> Response:
    """200 while the database answers, else 503."""
    well = await run_in_threadpool(_connected, service_of(request))
    return JSONResponse({"status": "ok" if well else "no database"}, 200 if well else 503)


def _connected(service: Service) -> bool:
    try:
        with read(service.engine) as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return False
    return True
