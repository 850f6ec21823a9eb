"""`loop web`: the web service."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, pass_project
from loyaltyloop.up.environment import prefect_api

if TYPE_CHECKING:
    from loyaltyloop.settings import Settings
    from loyaltyloop.web.service import Service


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8300, show_default=True)
@pass_project
def command(project: Project, host: str, port: int) -> None:
    """Listen: events from the shop, links and pages of customers, hooks of providers.

    What was acknowledged is committed. Journeys that listen for it are woken where there is a Prefect server
    (PREFECT_API_URL, or that of `loop up`); else their next turns take it. SIGTERM and Ctrl-C answer the
    requests at work, then end.

    \b
    Example: loop web --port 8300
    """
    from loyaltyloop.web.server import run
    from loyaltyloop.web.service import Service, present
    from loyaltyloop.web.waking.prefect import PrefectBell

    with PrefectBell(lambda: prefect_api(project.folder, os.environ), present, os.environ) as ring:
        settings = project.settings()
        service = Service.open(found_here(settings, port), ring)
        run(service, host, port, lambda: _tell(service, settings, host, port))


def found_here(settings: Settings, port: int) -> Settings:
    """Where nobody has said where the outside finds the service, it is here that a browser finds it."""
    if "public_url" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"public_url": f"http://127.0.0.1:{port}"})


def _tell(service: Service, settings: Settings, host: str, port: int) -> None:
    click.echo(f"Listening on http://{host}:{port}; the outside finds it at {service.public_url}")
    if service.settings.public_url != settings.public_url:
        told = f"But links of messages lead to {settings.public_url}: for messages to come, set"
        click.echo(f"{told} LOOP_PUBLIC_URL={service.public_url}")
    if not service.settings.write_key.get_secret_value():
        click.echo("No events are taken by /v1: set LOOP_WRITE_KEY, which senders then show.", err=True)
