"""In which line of its template a body ceases to be JSON: told from marks that a copy of it prints."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from jinja2 import nodes

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.templates.flatten import Body

# Control characters are escaped in whatever is printed as JSON, so no value can look like a mark.
_MARK = re.compile("\0([0-9]+)\0")


class NotJson(CannotRender):
    """A body that was made and is no JSON. `text`: as it was made; `at`: how far it can be read."""

    def __init__(self, why: str, text: str, at: int) -> None:
        super().__init__("value", f"the body is no JSON ({why[:120]})")
        self.text, self.at = text, at


def must_be_json(text: str) -> None:
    """NotJson says why it is none."""
    try:
        json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise NotJson(str(error), text, error.pos) from None
    except RecursionError as error:
        raise NotJson(str(error), text, 0) from None
    except ValueError as error:  # a word that only Python reads
        found = re.search(r"-?\b(NaN|Infinity)\b", text)
        raise NotJson(str(error), text, found.start() if found else 0) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def marked(body: Body) -> Body:
    """The body with a mark before all that is printed: its place in the templates."""
    for node in body:
        _mark(node)
    return body


def _mark(node: nodes.Node) -> None:
    match node:
        case nodes.Output():
            node.nodes = [both for one in node.nodes for both in (_place_of(one), one)]
        case nodes.If():
            marked([*node.body, *node.elif_, *node.else_])
        case nodes.For():
            marked([*node.body, *node.else_])
        case nodes.With():
            marked(node.body)


def _place_of(node: nodes.Node) -> nodes.TemplateData:
    return nodes.TemplateData(f"\0{node.lineno}\0", lineno=node.lineno)


def unmarked(text: str) -> str:
    """The text as it is without its marks."""
    return _MARK.sub("", text)


def place_at(text: str, at: int) -> int | None:
    """The place of what stands there, counted without marks; None where no mark is before it."""
    place, begin, length = None, 0, 0
    for mark in _MARK.finditer(text):
        if mark.start() - length > at:
            break
        place, begin = int(mark[1]), mark.start() - length
        length += len(mark[0])
    return None if place is None else place + unmarked(text).count("\n", begin, at)
