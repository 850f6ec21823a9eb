"""The API's description: whole, and true of what the real service answers to whatever is sent by it.

`make fuzz` sends many more requests than the suite does.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi import checks

from loyaltyloop.channels.values.tokens import Kind
from loyaltyloop.web.app import ROUTERS
from loyaltyloop.web.openapi.document import document
from loyaltyloop.web.service import Service
from tests.integration.web.conftest import WRITE_KEY, served
from tests.integration.web.providers import SECRETS
from tests.integration.web.shops import HEADERS, sign
from tests.integration.web.surveys import Surveys
from tests.unit.web import signing

EXAMPLES = int(os.environ.get("LOOP_FUZZ_EXAMPLES", "3"))
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DOCUMENT = document(ROUTERS)
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
CHECKS = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


def test_every_route_is_described() -> None:
    there = {
        (path_format, method.lower())
        for router in ROUTERS
        for route in router.routes
        for path_format, methods in [(route.path_format, route.methods or ())]  # type: ignore[attr-defined]
        for method in methods
    }
    assert there == set(OPERATIONS)
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for path, method in OPERATIONS:
        said = DOCUMENT["paths"][path][method]
        assert said["summary"] and said["description"], (path, method)
        assert set(said["tags"]) <= tags
        assert {"429", "500"} < set(said["responses"])
        assert all(answer["description"] for answer in said["responses"].values())
        named = {one["name"] for one in said.get("parameters", []) if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


def test_names_are_one_operations_own() -> None:
    names = Counter(said["operationId"] for ways in DOCUMENT["paths"].values() for said in ways.values())
    assert set(names.values()) == {1}


class Signed(AuthBase):
    """Signs what is sent as its sender would."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        assert isinstance(raw, bytes)
        name = (request.path_url or "").rpartition("/")[2]
        if name in HEADERS:
            request.headers[HEADERS[name][0]] = sign(name, raw)
        elif name == "postmark":
            request.headers["Authorization"] = _basic(f"{signing.USER}:{signing.PASSWORD}")
        elif name == "smtp" or "/v1/" in (request.url or ""):
            request.headers["Authorization"] = _basic(f"{WRITE_KEY}:")
        return request


def _basic(said: str) -> str:
    return "Basic " + b64encode(said.encode()).decode()


@pytest.fixture
def api(service: Service, tmp_path: Path) -> Iterator[tuple[Any, Mapping[Any, str]]]:
    """The description as the real service gives it, and tokens that are real."""
    for name, secret in SECRETS.items():
        setattr(service.settings, name, SecretStr(secret))
    service.settings.limit_ingest = 0
    with Surveys(service) as pages:
        kinds: tuple[Kind, ...] = ("u", "p", "v", "o")
        links = {kind: pages.path(kind, "taste") for kind in kinds} | {"a": pages.link()}
        real = {kind: link.rpartition("/")[2] for kind, link in links.items()}
        yield schemathesis.openapi.from_url(f"{pages.web.base_url}/openapi.json"), real


@SQLITE
def test_answers_are_as_they_are_described(api: tuple[Any, Mapping[Any, str]]) -> None:
    schema, real = api
    statuses: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            _send_many(operation, mode, real, statuses)
    assert {200, 400, 401, 404} <= set(statuses)
    assert all(status < 500 for status in statuses)
    print(f"{statuses.total()} requests: {dict(sorted(statuses.items()))}")


def _send_many(operation: Any, mode: GenerationMode, real: Mapping[Any, str], statuses: Counter[int]) -> None:
    @seed(20260301)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        kind = case.path[1:2]
        # Every other request shows a token that is real: what stands behind it is asked for, too.
        if "token" in case.path_parameters and kind in real and statuses.total() % 2:
            case.path_parameters["token"] = real[kind]
        auth = Signed() if statuses.total() % 4 else None
        answer = case.call(auth=auth, allow_redirects=False, timeout=30)
        statuses[answer.status_code] += 1
        if not (answer.status_code == 400 and "Invalid HTTP" in answer.text):
            case.validate_response(answer, checks=CHECKS)

    try:
        send()
    except schemathesis.errors.InvalidSchema:
        raise
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__:
            raise


@SQLITE
def test_the_document_is_served(service: Service) -> None:
    with served(service) as url:
        assert httpx.get(f"{url}/openapi.json").json() == DOCUMENT
