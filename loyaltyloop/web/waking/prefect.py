"""The bell: Prefect is told of an event for each journey; its automation runs the journey's deployment."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import uuid4

import httpx

from loyaltyloop.deployments import WOKEN, resource_of
from loyaltyloop.web.waking.agenda import Wake
from loyaltyloop.web.waking.waker import CannotWake

PATIENCE = 5.0  # seconds until Prefect must have answered


class PrefectBell:
    """Posts to Prefect's API. `api`: its address, or None where there is no server; asked each time."""

    def __init__(
        self, api: Callable[[], str | None], clock: Callable[[], datetime], environ: Mapping[str, str]
    ) -> None:
        self._api, self._clock = api, clock
        self._client = httpx.Client(headers=credentials(environ), timeout=PATIENCE)

    def __enter__(self) -> PrefectBell:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    def __call__(self, wakes: Sequence[Wake]) -> None:
        """One event for each. CannotWake if it was not taken; nothing where there is no server."""
        api = self._api()
        if api is None:
            return
        body = [event(wake, self._clock()) for wake in wakes]
        try:
            answer = self._client.post(f"{api.rstrip('/')}/events", json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CannotWake(f"Prefect does not answer ({type(error).__name__})") from None
        if not answer.is_success:
            raise CannotWake(f"Prefect answers {answer.status_code}")


def event(wake: Wake, now: datetime) -> dict[str, object]:
    """What Prefect is told: names of journeys and of events, and nothing of customers."""
    return {
        "id": str(uuid4()),
        "occurred": now.isoformat(),
        "event": WOKEN,
        "resource": {
            "prefect.resource.id": resource_of(wake.journey),
            "prefect.resource.name": wake.journey,
        },
        "payload": {"by": wake.why},
    }


def credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The header by which Prefect's own clients are known: a key of Prefect Cloud, or name and password."""
    if key := environ.get("PREFECT_API_KEY"):
        return {"Authorization": f"Bearer {key}"}
    if said := environ.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {base64.b64encode(said.encode()).decode()}"}
    return {}
