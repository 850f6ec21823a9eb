"""`loop web`: the web service."""

from __future__ import annotations

import click

from loyaltyloop.cli.base import Project, pass_project


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8300, show_default=True)
@pass_project
def command(project: Project, host: str, port: int) -> None:
    """Listen: events from the shop, links and pages of customers, hooks of providers.

    What was acknowledged is committed; SIGTERM and Ctrl-C answer the requests at work, then end.

    \b
    Example: loop web --port 8300
    """
    import uvicorn

    from loyaltyloop.web.app import create_app
    from loyaltyloop.web.service import Service

    service = Service.open(project.settings())
    click.echo(f"Listening on http://{host}:{port}; the outside finds it at {service.public_url}")
    uvicorn.run(create_app(service), host=host, port=port, log_level="warning", server_header=False)
