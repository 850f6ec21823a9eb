"""The text part, derived once from the HTML, with the template's words where they were.

Paragraphs are parted by an empty line, a link's address stands behind its words. What is marked
`data-text="no"` is left out: pictures, a second link to the same place. What is marked `data-text="line"`
stands on a line of its own.
"""

from __future__ import annotations

import re
from html import unescape

from jinja2 import nodes

from loyaltyloop.channels.templates.addresses import link
from loyaltyloop.channels.templates.flatten import Body, clone
from loyaltyloop.channels.templates.markup import VOID, Document, Piece, Tag, data, joined

NOTHING, SPACE, LINE, PARAGRAPH = range(4)
_BREAKS = ("", " ", "\n", "\n\n")
# fmt: off
_LEVELS = dict.fromkeys((
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "hr", "section",
    "header", "footer",
), PARAGRAPH)
# fmt: on
_LEVELS |= dict.fromkeys(["div", "tr", "li", "br", "dt", "dd"], LINE) | {"td": SPACE, "th": SPACE}
_SIGNS = {"li": "- ", "hr": "---"}
_HIDDEN = frozenset(("head", "style", "script", "title"))
_SPACES = re.compile(r"\s+")
_EMPTY = re.compile(r"\n{3,}")
_BLOCK_NEXT = re.compile(r"\s*(</?(p|h\d|td|th|tr|div|li|table|br)\b|<a\b[^>]*data-text=\"line\"|$)")


def tidy(text: str) -> str:
    """A rendered text part without the blanks and empty lines that were left where nothing was printed."""
    text = text.replace(" \n", "\n")
    return (_EMPTY.sub("\n\n", text) if "\n\n\n" in text else text).strip() + "\n"


def derive(body: Body) -> Body:
    """The body of the text part; the HTML's body is left as it is."""
    own = [clone(node) for node in body]
    return _Writer(Document.of(own)).walk(own)


class _Writer:
    """Walks the outputs in order.

    `pending` is the break owed before whatever is printed next, `at` the break printed last: a text begins
    as if after an empty line.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.pieces = {id(output): pieces for output, pieces in document.outputs}
        self.tags = list(document.tags())
        self.next = 0
        self.pending, self.at = NOTHING, PARAGRAPH
        self.hidden: list[str] = []
        self.links: list[tuple[nodes.Expr | None, int]] = []
        self.levels: dict[str, list[int]] = {}  # of the tags that are open, by their names
        self.said = 0

    def walk(self, body: Body) -> Body:
        made: Body = []
        for node in body:
            match node:
                case nodes.Output():
                    node.nodes = self._output(node)
                    made.append(node)
                case nodes.For():
                    made += self._loop(node)
                case nodes.If():
                    made += self._decide(node)
                case nodes.With():
                    node.body = self.walk(node.body)
                    made.append(node)
                case nodes.AssignBlock():
                    made.append(self._apart(node))
                case _:
                    made.append(node)
        return made

    def _decide(self, node: nodes.If) -> Body:
        """What is owed is printed before the words, and at the end of each branch: all then stand alike."""
        opening = self._owed()
        before = self.at
        ends = []
        for branch in (node, *node.elif_):
            branch.body = [*self.walk(branch.body), self._owed()]
            ends.append(self.at)
            self.at = before
        node.else_ = [*self.walk(node.else_), self._owed()]
        self.at = min(self.at, *ends)
        return [opening, node]

    def _loop(self, node: nodes.For) -> Body:
        """What is owed is printed before the loop, and at the end of each round: it parts the rounds."""
        opening = self._owed()
        before = self.at
        node.body = [*self.walk(node.body), self._owed()]
        self.at, after = before, self.at
        node.else_ = [*self.walk(node.else_), self._owed()] if node.else_ else []
        self.at = min(self.at, after)
        return [opening, node]

    def _owed(self) -> nodes.Output:
        made = nodes.Output([])
        self._settle(made.nodes)
        return made

    def _apart(self, node: nodes.AssignBlock) -> nodes.AssignBlock:
        before = self.pending, self.at
        self.pending, self.at = NOTHING, PARAGRAPH
        node.body = self.walk(node.body)
        self.pending, self.at = before
        return node

    def _output(self, node: nodes.Output) -> list[nodes.Expr]:
        made: list[nodes.Expr] = []
        for piece in self.pieces[id(node)]:
            if isinstance(piece.node, nodes.TemplateData):
                self._literal(piece, made)
            elif not self.hidden and not self._inside_tag(piece.start):
                self._say(piece.node, made)
        return joined(made)

    def _inside_tag(self, position: int) -> bool:
        return self.next < len(self.tags) and self.tags[self.next].start < position

    def _literal(self, piece: Piece, made: list[nodes.Expr]) -> None:
        position = piece.start
        while position < piece.end:
            tag = self.tags[self.next] if self.next < len(self.tags) else None
            if tag and tag.start <= position:
                if tag.start == position:
                    self._tag(tag, made)
                position = min(tag.end, piece.end)
                self.next += position == tag.end
                continue
            end = min(tag.start, piece.end) if tag else piece.end
            if not self.hidden:
                self._text(self.document.text[position:end], made)
            position = end

    def _text(self, literal: str, made: list[nodes.Expr]) -> None:
        text = unescape(literal)
        words = _SPACES.sub(" ", text).strip(" ")
        if text[:1].isspace():
            self.pending = max(self.pending, SPACE)
        if words:
            self._say(data(words), made)
            if text[-1:].isspace():
                self.pending = SPACE

    def _tag(self, tag: Tag, made: list[nodes.Expr]) -> None:
        if self._hides(tag):
            return
        self.pending = max(self.pending, self._level(tag))
        if tag.name == "a":
            self._link(tag, made)
        if tag.name in _SIGNS and not tag.closing:
            self._say(data(_SIGNS[tag.name]), made)
            self.at = SPACE
            self.pending = PARAGRAPH if tag.name == "hr" else NOTHING

    def _level(self, tag: Tag) -> int:
        """The break before an opening tag, and the same behind the closing one."""
        marked, opened = tag.attributes.get("data-text"), self.levels.setdefault(tag.name, [])
        if tag.closing and opened:
            return opened.pop()
        level = LINE if marked and marked.value == "line" else _LEVELS.get(tag.name, NOTHING)
        if not tag.closing and tag.name not in VOID:
            opened.append(level)
        return level

    def _hides(self, tag: Tag) -> bool:
        marked = "data-text" in tag.attributes and tag.attributes["data-text"].value == "no"
        if self.hidden and tag.closing and tag.name == self.hidden[-1]:
            self.hidden.pop()
            return True
        if tag.closing or tag.name in VOID or not tag.name:
            return bool(self.hidden) or marked or not tag.name
        if tag.name in _HIDDEN or marked or (self.hidden and tag.name == self.hidden[-1]):
            self.hidden.append(tag.name)
        return bool(self.hidden)

    def _link(self, tag: Tag, made: list[nodes.Expr]) -> None:
        if not tag.closing:
            href = tag.attributes.get("href")
            leads = href is not None and href.value and not href.value.startswith("#")
            parts = self.document.between(href.start, href.end) if href and leads else None
            self.links.append((link(parts) if parts else None, self.said))
        elif self.links:
            address, said = self.links.pop()
            if address is not None and self.said > said:
                self._address(address, tag, made)

    def _address(self, address: nodes.Expr, tag: Tag, made: list[nodes.Expr]) -> None:
        self.pending = NOTHING
        alone = _BLOCK_NEXT.match(self.document.text, tag.end)
        for part in (data(": "), address) if alone else (data(" ("), address, data(")")):
            self._say(part, made)

    def _say(self, part: nodes.Expr, made: list[nodes.Expr]) -> None:
        self._settle(made)
        made.append(part)
        self.at = NOTHING
        self.said += 1

    def _settle(self, made: list[nodes.Expr]) -> None:
        if self.pending > self.at:
            made.append(data("\n" if self.at == LINE else _BREAKS[self.pending]))
            self.at = self.pending
        self.pending = NOTHING
