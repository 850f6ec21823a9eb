"""Template files: those that steps name are there, can be read, and have what an e-mail needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import TemplateSyntaxError, nodes

from loyaltyloop.journey.model import Purpose
from loyaltyloop.journey.reading.mistakes import alike, did_you_mean
from loyaltyloop.journey.reading.tree import Path, Source
from loyaltyloop.journey.rules.rule import Context, Found, Rule, Seen
from loyaltyloop.journey.schema.steps import CallFile, MessageFile
from loyaltyloop.journey.templates import Reached
from loyaltyloop.journey.written import ENDINGS, written_for

_LANGUAGE = re.compile(r"^\.[a-z]{2}(?=\.)")


@dataclass(frozen=True)
class Sent:
    """A template as one step sends it; `call`: it is the body of a call."""

    seen: Seen
    step: str
    path: Path
    name: str
    purpose: Purpose
    reached: Reached
    call: bool = False


def sent_templates(context: Context) -> Iterator[Sent]:
    """Each message with each of its templates: the languages', and the written text part; bodies of calls."""
    for seen in context.journeys:
        for one in seen.placed:
            if isinstance(one.file, MessageFile):
                purpose = one.file.purpose or seen.file.purpose
                for name in _files(context, one.file):
                    yield Sent(seen, one.name, one.path, name, purpose, context.parsed.reach(name))
            elif isinstance(one.file, CallFile) and (name := f"{one.file.body}.json") in context.templates:
                reached = context.parsed.reach(name)
                yield Sent(seen, one.name, one.path, name, seen.file.purpose, reached, call=True)


def _files(context: Context, file: MessageFile) -> list[str]:
    """The message's templates: of every channel that it may leave by, in every language."""
    any_channel = file.channel == "best" or file.if_blocked == "other_channel"
    endings = {*ENDINGS.values()} if any_channel else {ENDINGS[file.channel]}
    if ".html" in endings:
        endings.add(".txt")
    rests = {name: name.removeprefix(file.template) for name in sorted(context.templates)}
    return [name for name, rest in rests.items() if rest in endings or _LANGUAGE.sub("", rest) in endings]


def at_line(context: Context, name: str, line: int, message: str, remedy: str, word: str = "") -> Found:
    """A mistake at a line of a template; at `word` where it stands there."""
    source = Source(f"templates/{name}", context.templates[name].splitlines())
    text = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
    return Found(source, (line, _column(text, word) + 1), message, remedy)


def _column(text: str, word: str) -> int:
    """Where the word stands, and not as a part of another one; else where the line begins."""
    if word and (whole := re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)):
        return whole.start()
    return text.find(word) if word and word in text else len(text) - len(text.lstrip())


# ── files ───────────────────────────────────────────────────────────────────


def _unknown_template(context: Context) -> Iterator[Found]:
    for seen in context.journeys:
        for one in seen.placed:
            match one.file:
                case MessageFile(template=template, channel="best"):
                    if written_for(template, context.templates):
                        continue
                    path, ending = (*one.path, "template"), ENDINGS["email"]
                case MessageFile(template=template, channel=channel):
                    path, ending = (*one.path, "template"), ENDINGS[channel]
                case CallFile(body=str(template)):
                    path, ending = (*one.path, "body"), ".json"
                case _:
                    continue
            there = any(
                name.startswith(f"{template}.") and name.endswith(ending) for name in context.templates
            )
            if not there:
                remedy = _where_from(context, template, ending)
                message = f"there is no template templates/{template}{ending}"
                yield seen.found(path, message, remedy, "value")


def _where_from(context: Context, template: str, ending: str) -> str:
    """Another name that has such a file; else to write it, or the channel that it is written for."""
    others = {name.partition(".")[0] for name in context.templates if name.endswith(ending)} - {template}
    if near := alike(template, sorted(others)):
        return f"Did you mean '{near}'?"
    file = f"Write the file templates/{template}{ending}"
    written = written_for(template, context.templates) if ending in ENDINGS.values() else ()
    return f"{file}, or 'channel: {written[0]}', for which it is written." if written else f"{file}."


def _missing_layout(context: Context) -> Iterator[Found]:
    for sent in sent_templates(context):
        for file, line, name in sent.reached.missing:
            remedy = did_you_mean(name, context.templates, "The templates are")
            yield at_line(context, file, line, f"there is no template '{name}'", remedy, name)


def _syntax(context: Context) -> Iterator[Found]:
    for name, tree in context.parsed.parsed.items():
        if isinstance(tree, TemplateSyntaxError):
            said = (tree.message or "it cannot be read").rstrip(".")
            remedy = (
                "Close what was opened: {{ ... }}, {% if %} ... {% endif %}, {% block %} ... {% endblock %}."
            )
            yield at_line(context, name, tree.lineno, f"the template cannot be read: {said}", remedy)


def _block_twice(context: Context) -> Iterator[Found]:
    for name in context.templates:
        seen: set[str] = set()
        for block in context.parsed.all(name, nodes.Block):
            if block.name in seen:
                message = f"the block '{block.name}' stands here twice"
                yield at_line(context, name, block.lineno, message, "Keep one of the two.", "{% block")
            seen.add(block.name)


def _unknown_block(context: Context) -> Iterator[Found]:
    """What stands in a block that the layout does not have is printed nowhere."""
    for name in context.templates:
        tree, layouts = context.parsed.tree(name), context.parsed.layouts(name)
        if tree is None or not layouts:
            continue
        known = {block.name for file in layouts for block in context.parsed.all(file, nodes.Block)}
        for block in tree.body:
            if isinstance(block, nodes.Block) and block.name not in known | {"subject"}:
                remedy = did_you_mean(block.name, known, "Its blocks are")
                message = f"{layouts[0]} has no block '{block.name}', so this is printed nowhere"
                yield at_line(context, name, block.lineno, message, remedy, block.name)


def _unused(context: Context) -> Iterator[Found]:
    if len(context.journeys) < len(context.names):
        return
    used = {file for sent in sent_templates(context) for file in (sent.name, *sent.reached.files)}
    for name in context.templates:
        if name not in used and not name.startswith("layout/"):
            remedy = "Delete it, or name it in a step's 'template'."
            yield at_line(context, name, 1, f"no step sends templates/{name}", remedy)


def _no_subject(context: Context) -> Iterator[Found]:
    for sent in sent_templates(context):
        whole = not sent.reached.missing and context.parsed.tree(sent.name) is not None
        if whole and sent.name.endswith(".html") and "subject" not in sent.reached.blocks:
            remedy = "Write {% block subject %}...{% endblock %}."
            yield at_line(context, sent.name, 1, "the message has no subject", remedy)


RULES = (
    Rule("unknown-template", "error", "A template that there is not.", _unknown_template, alone=True),
    Rule("missing-layout", "error", "A layout, include or import that there is not.", _missing_layout),
    Rule("template-syntax", "error", "A template that cannot be read.", _syntax),
    Rule("block-twice", "error", "A block that stands twice in one template.", _block_twice),
    Rule("unknown-block", "error", "A block that the layout does not have.", _unknown_block),
    Rule("unused-template", "warning", "A template that no step sends.", _unused),
    Rule("no-subject", "error", "An e-mail without a subject.", _no_subject),
)
