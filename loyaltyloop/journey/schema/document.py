"""The JSON Schema of the language, made from the models that read it."""

from __future__ import annotations

from typing import Any, Literal

from loyaltyloop.journey.schema.journey import JourneyFile
from loyaltyloop.journey.schema.shop import ShopFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_document(of: Literal["journey", "shop"]) -> dict[str, Any]:
    """The schema of journey files, or of shop.yaml."""
    model = JourneyFile if of == "journey" else ShopFile
    return {"$schema": DIALECT, **_tidy(model.model_json_schema(by_alias=True))}


def _tidy(schema: Any) -> Any:
    """Without what editors show and nobody needs: titles made of names, and `null` as a value.

    In a file a word that says nothing is left out, so an optional word does not allow `null`.
    """
    match schema:
        case {"anyOf": [*inner, {"type": "null"}], **rest}:
            kept = {word: value for word, value in rest.items() if word not in ("title", "default")}
            return _tidy({**kept, **(inner[0] if len(inner) == 1 else {"anyOf": inner})})
        case dict():
            return {key: _tidied(key, value) for key, value in schema.items() if not _noise(key, value)}
        case list():
            return [_tidy(one) for one in schema]
        case _:
            return schema


def _tidied(key: str, value: Any) -> Any:
    if key in ("properties", "$defs"):
        return {name: _tidy(one) for name, one in value.items()}
    return _tidy(value)


def _noise(key: str, value: Any) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and value is None)
