"""The hooks of providers: `POST /hooks/<provider>`. Signed, understood, committed, then answered with 200.

A provider sends again what is not answered so. What coming again cannot mend (an event that is unknown, or
of somebody else's message) is counted and answered with 200, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse

from loyaltyloop.settings import Settings
from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.database import read
from loyaltyloop.web.bodies import read_body
from loyaltyloop.web.providers import mailgun, postmark, resend, sendgrid, ses, smtp, twilio
from loyaltyloop.web.providers.calls import Understood, understand
from loyaltyloop.web.providers.delivery import Delivery, NotNow, NotReadable, NotTheirs, Replayed
from loyaltyloop.web.providers.told import Told
from loyaltyloop.web.service import Service, service_of
from loyaltyloop.web.writer import Busy

router = APIRouter(prefix="/hooks", tags=["providers"])
log = logging.getLogger(__name__)
LARGEST = 8 * 1024 * 1024  # bytes; mails that are forwarded hold attachments
MOST = 5000  # things told in one request
PATIENCE = 8.0  # seconds; SendGrid waits for ten
Read = Callable[[Delivery], Iterable[Told]]


@dataclass(frozen=True)
class Hook:
    """A provider: the settings that its hook needs, how it signs, and how it is read.

    `verify` takes the delivery, then a text for each of the settings. `basic`: it is asked for these.
    """

    name: str
    settings: tuple[str, ...]
    verify: Callable[..., None]
    read: Read
    basic: bool = False

    def secrets(self, settings: Settings) -> list[str]:
        """What is set, in their order; an empty list unless all are."""
        found: list[SecretStr] = [getattr(settings, name) for name in self.settings]
        known = [one.get_secret_value().strip() for one in found]
        return known if all(known) else []


HOOKS = {
    hook.name: hook
    for hook in (
        Hook("postmark", ("postmark_user", "postmark_password"), postmark.verify, postmark.read, True),
        Hook("sendgrid", ("sendgrid_key",), sendgrid.verify, sendgrid.read),
        Hook("mailgun", ("mailgun_key",), mailgun.verify, mailgun.read),
        Hook("resend", ("resend_secret",), resend.verify, resend.read),
        Hook(ses.NAME, ("ses_topic",), ses.verify, ses.read),
        Hook("twilio", ("twilio_token",), twilio.verify, twilio.read),
        Hook("smtp", ("write_key",), smtp.verify, smtp.read, True),
    )
}


async def _received(request: Request, hook: Hook) -> Response:
    service = service_of(request)
    secrets = hook.secrets(service.settings)
    if not secrets:
        missing = " and ".join(f"LOOP_{name.upper()}" for name in hook.settings)
        return _refused(service, hook, 404, "not set up", f"no such hook: {missing} is not set")
    body = await read_body(request, LARGEST)
    if body is None:
        return _refused(service, hook, 413, "too large", f"larger than {LARGEST:,} bytes")
    said = _delivery(service, request, body)
    try:
        found = await run_in_threadpool(_understood, service, hook, said, secrets)
        if found.calls:
            async with asyncio.timeout(PATIENCE):
                # Shielded: who waits no longer must not call back what the writer is about to commit.
                await asyncio.shield(asyncio.wrap_future(service.writer.put(found.calls)))
    except NotTheirs as error:
        outcome = "replayed" if isinstance(error, Replayed) else "wrong signature"
        asked = {"WWW-Authenticate": "Basic"} if hook.basic else None
        return _refused(service, hook, 401, outcome, str(error), asked)
    except (NotReadable, Refused, RecursionError) as error:
        why = str(error) if isinstance(error, NotReadable) else "not of the documented form"
        return _refused(service, hook, 400, "not readable", why)
    except (Busy, NotNow, TimeoutError, SQLAlchemyError) as error:
        log.warning("%s: not recorded: %s", hook.name, type(error).__name__)
        return _refused(service, hook, 503, "busy", "busy: send it again", {"Retry-After": "5"})
    for outcome, number in found.counts.items():
        service.counts["hook", hook.name, outcome] += number
    return _answer(hook, found)


def _delivery(service: Service, request: Request, body: bytes) -> Delivery:
    """The request, with the address by which the outside called it: there may be a proxy between."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    url = f"{service.public_url}{request.url.path}" + (f"?{query}" if query else "")
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Delivery(headers, body, url, service.clock())


def _understood(service: Service, hook: Hook, said: Delivery, secrets: list[str]) -> Understood:
    """Is it theirs, and what does it come to? It may ask the database, and Amazon for a certificate."""
    if hook.name == ses.NAME:
        hook.verify(said, *secrets, service.certificates)
        if ses.confirm(said, service.certificates):
            return Understood(counts=Counter(confirmed=1))
    else:
        hook.verify(said, *secrets)
    told = list(hook.read(said))
    if len(told) > MOST:
        raise NotReadable(f"more than {MOST} events at once")
    with read(service.engine) as connection:
        return understand(connection, hook.name, told, said.received, f"{service.public_url}/")


def _answer(hook: Hook, found: Understood) -> Response:
    if hook.name == "twilio":  # which does what an answer says, and wants it to be TwiML
        return Response("<Response/>", media_type="text/xml")
    return JSONResponse({"success": True, "outcomes": dict(found.counts)})


def _refused(
    service: Service, hook: Hook, status: int, outcome: str, why: str, headers: dict[str, str] | None = None
) -> Response:
    log.warning("%s: refused: %s", hook.name, outcome)
    service.counts["hook", hook.name, outcome] += 1
    return JSONResponse({"success": False, "error": why}, status, headers)


def _route(hook: Hook) -> Callable[[Request], object]:
    async def take(request: Request) -> Response:
        return await _received(request, hook)

    take.__name__ = f"{hook.name}_hook"
    take.__doc__ = f"What {hook.name} tells of our messages."
    return take


for _hook in HOOKS.values():
    router.add_api_route(f"/{_hook.name}", _route(_hook), methods=["POST"], response_model=None)
