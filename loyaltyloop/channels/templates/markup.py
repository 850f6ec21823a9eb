"""The HTML of a flattened template as one text, and edits of it that find their way back to the nodes.

Each printed expression stands in the text as one mark, so tags, attributes and addresses are found as in any
HTML, wherever the template's own words cut them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from jinja2 import nodes

from loyaltyloop.channels.templates.flatten import Body

MARK = "\ue000"
_TAG = re.compile(
    r"<!--.*?-->|<!\w[^>]*>|<(?P<close>/?)(?P<name>[a-zA-Z][\w:-]*)(?P<attrs>(?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTR = re.compile(r"([^\s\"'=<>/]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=<>`]+)))?")
_BEGIN = re.compile(r"<(?=[a-zA-Z/!])")
VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
RAW = re.compile(r"<(style|title)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """A part of a printed output: a literal text or an expression, from `start` to `end` in the whole."""

    start: int
    end: int
    node: nodes.Expr


@dataclass(frozen=True)
class Attribute:
    """`value` begins at `start`; a value without quotes is `bare`."""

    name: str
    value: str
    start: int
    bare: bool

    @property
    def end(self) -> int:
        return self.start + len(self.value)


@dataclass(frozen=True)
class Tag:
    """A tag or comment (then without a name) from `start` to `end`."""

    start: int
    end: int
    name: str
    closing: bool
    attributes: dict[str, Attribute]
    text: str


@dataclass(frozen=True)
class Edit:
    """From `start` to `end` there shall stand `new` instead."""

    start: int
    end: int
    new: tuple[nodes.Expr, ...]


@dataclass
class Document:
    """All outputs of a body, in the order in which they stand there."""

    text: str = ""
    outputs: list[tuple[nodes.Output, list[Piece]]] = field(default_factory=list)

    @classmethod
    def of(cls, body: Body) -> Document:
        made = cls()
        texts: list[str] = []
        position = 0
        for output in printed(body):
            pieces = []
            for node in output.nodes:
                text = node.data if isinstance(node, nodes.TemplateData) else MARK
                pieces.append(Piece(position, position + len(text), node))
                texts.append(text)
                position += len(text)
            made.outputs.append((output, pieces))
        made.text = "".join(texts)
        return made

    def tags(self) -> Iterator[Tag]:
        """Every tag and comment, in order; what stands in style and title is no tag."""
        raw = [found.span(2) for found in RAW.finditer(self.text)]
        for found in _TAG.finditer(self.text):
            if not any(start <= found.start() < end for start, end in raw):
                yield _tag(found)

    def stray(self, tags: list[Tag]) -> int | None:
        """Where something begins like a tag and is none; None if nothing does."""
        spans = [(tag.start, tag.end) for tag in tags] + [found.span(2) for found in RAW.finditer(self.text)]
        spans.sort()
        starts, reach = [low for low, _ in spans], list(accumulate((high for _, high in spans), max))
        begun = (found.start() for found in _BEGIN.finditer(self.text))
        return next((at for at in begun if not (n := bisect_right(starts, at)) or reach[n - 1] <= at), None)

    def between(self, start: int, end: int) -> tuple[nodes.Expr, ...] | None:
        """What is printed there; None where words of the template come in between."""
        for _, pieces in self.outputs:
            if pieces and pieces[0].start <= start and end <= pieces[-1].end:
                return tuple(_cut(pieces, start, end))
        return None

    def line(self, position: int) -> int:
        """The line, in its file, of what stands there."""
        for _, pieces in self.outputs:
            for piece in pieces:
                if piece.start <= position < piece.end:
                    literal = isinstance(piece.node, nodes.TemplateData)
                    before = self.text.count("\n", piece.start, position) if literal else 0
                    return int(piece.node.lineno) + before
        return 1

    def apply(self, edits: list[Edit]) -> None:
        """Make these edits; they do not overlap, and each lies within one output."""
        edits = sorted(edits, key=lambda edit: (edit.start, edit.end))
        for output, pieces in self.outputs:
            if pieces:
                start, end = pieces[0].start, pieces[-1].end
                own = [edit for edit in edits if start <= edit.start and edit.end <= end and edit.start < end]
                output.nodes = _edited(pieces, own)


def printed(body: Body) -> Iterator[nodes.Output]:
    """Every output below, in the order in which they stand."""
    for node in body:
        if isinstance(node, nodes.Output):
            yield node
        else:
            for name in ("body", "elif_", "else_"):
                yield from printed(getattr(node, name, []))


def data(text: str, line: int = 1) -> nodes.TemplateData:
    """A literal text."""
    return nodes.TemplateData(text, lineno=line)


def _tag(found: re.Match[str]) -> Tag:
    name = (found["name"] or "").lower()
    attributes: dict[str, Attribute] = {}
    if name:
        offset = found.start("attrs")
        for one in _ATTR.finditer(found["attrs"]):
            group = next((number for number in (2, 3, 4) if one[number] is not None), 0)
            value, start = (one[group], offset + one.start(group)) if group else ("", offset + one.end())
            attributes.setdefault(one[1].lower(), Attribute(one[1].lower(), value, start, group == 4))
    return Tag(found.start(), found.end(), name, bool(found["close"]), attributes, found[0])


def _edited(pieces: list[Piece], edits: list[Edit]) -> list[nodes.Expr]:
    made: list[nodes.Expr] = []
    cursor = pieces[0].start
    for edit in edits:
        made += _cut(pieces, cursor, edit.start)
        made += edit.new
        cursor = max(cursor, edit.end)
    return [*made, *_cut(pieces, cursor, pieces[-1].end)]


def _cut(pieces: list[Piece], start: int, end: int) -> Iterator[nodes.Expr]:
    for piece in pieces:
        low, high = max(piece.start, start), min(piece.end, end)
        if low < high:
            if isinstance(piece.node, nodes.TemplateData):
                before, text = low - piece.start, piece.node.data
                yield data(text[before : high - piece.start], piece.node.lineno + text.count("\n", 0, before))
            else:
                yield piece.node


def joined(parts: list[nodes.Expr]) -> list[nodes.Expr]:
    """The same with neighbouring literal texts made one."""
    made: list[nodes.Expr] = []
    for part in parts:
        if isinstance(part, nodes.TemplateData) and made and isinstance(made[-1], nodes.TemplateData):
            made[-1] = data(made[-1].data + part.data, made[-1].lineno)
        else:
            made.append(part)
    return made
