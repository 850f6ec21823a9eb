"""`loop schema`: the language as a JSON Schema."""

from __future__ import annotations

import json

import click

from loyaltyloop.journey.schema.document import schema_document


@click.command("schema")
@click.option("--shop", is_flag=True, help="The schema of shop.yaml instead of that of journeys.")
def command(shop: bool) -> None:
    """Print the JSON Schema (2020-12) of journey files, so that editors complete and check while typing.

    \b
    Example:
      loop schema > journey.schema.json
      loop schema --shop > shop.schema.json
    """
    click.echo(json.dumps(schema_document("shop" if shop else "journey"), indent=2, ensure_ascii=False))
