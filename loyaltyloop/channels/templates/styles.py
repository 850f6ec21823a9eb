"""CSS written into the tags it holds for, once, when a template is compiled.

Mail clients drop style sheets, but for `@media` rules in some of them: those stay in `<style>`. css-inline
does the matching, on a skeleton of the template's tags with names of their own: an HTML parser would move a
table row that stands outside a table (in a macro, in a loop) to where it never was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import css_inline

from loyaltyloop.channels.templates.faults import Sources
from loyaltyloop.channels.templates.flatten import Body
from loyaltyloop.channels.templates.markup import MARK, RAW, VOID, Document, Edit, Tag, data

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TYPE = re.compile(r"(?<![\w.#:\[\]=\"'-])([a-zA-Z][\w-]*)(?![\w(-]*[(])")
_BEYOND = re.compile(r"[^\x00-\x7f]")
_CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
_STYLED = re.compile(r'data-n="(\d+)"[^>]*? style="([^"]*)"')


def inline(body: Body, sources: Sources) -> None:
    """Move every rule that can be moved from `<style>` into `style` attributes."""
    document = Document.of(body)
    moved: list[str] = []
    kept: list[str] = []
    edits: list[Edit] = []
    for start, end in _sheets(document):
        css = unescape(document.text[start:end])
        if MARK in css:
            raise sources.fault(document.line(start), "CSS cannot hold a value of one customer", CONSTANT)
        ours, theirs = split(css)
        moved += ours
        kept += theirs
        edits.append(Edit(start, end, (data("\n".join(theirs)),)))
    tags = [tag for tag in document.tags() if tag.name and tag.name not in ("style", "title", "meta")]
    styles = match("\n".join(moved), tags)
    edits += [_edit(tag, styles[number]) for number, tag in enumerate(tags) if number in styles]
    document.apply(edits + list(_classes(tags, "".join(kept))))


def _sheets(document: Document) -> Iterator[tuple[int, int]]:
    for found in RAW.finditer(document.text):
        if found[1].lower() == "style":
            yield found.span(2)


def split(css: str) -> tuple[list[str], list[str]]:
    """The rules that can be written into tags, and those that must stay: at-rules, `:hover`, `:root`."""
    ours: list[str] = []
    theirs: list[str] = []
    for selector, rule in _rules(_COMMENT.sub("", css)):
        (theirs if selector.startswith("@") or ":" in selector else ours).append(rule)
    return ours, theirs


def _rules(css: str) -> Iterator[tuple[str, str]]:
    start = depth = 0
    for position, character in enumerate(css):
        depth += (character == "{") - (character == "}")
        if (character == "}" and not depth) or (character == ";" and not depth):
            rule = _plain(" ".join(css[start : position + 1].split()))
            yield rule.partition("{")[0].strip(), rule
            start = position + 1


def _plain(rule: str) -> str:
    """The rule in short lines of ASCII, as a message travels best."""
    return _BEYOND.sub(lambda found: f"\\{ord(found[0]):x} ", rule).replace("} ", "}\n")


def match(css: str, tags: list[Tag]) -> dict[int, str]:
    """The declarations that hold for each tag, by its number in the list."""
    sheet = re.sub(r"([^{}]+)(\{[^}]*\})", lambda rule: _TYPE.sub(r"x-\1", rule[1]) + rule[2], css)
    page = f"<html><head><style>{sheet}</style></head><body>{_skeleton(tags)}</body></html>"
    inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)
    return {int(found[1]): unescape(found[2]) for found in _STYLED.finditer(inliner.inline(page))}


def _skeleton(tags: list[Tag]) -> str:
    return "".join(_bone(number, tag) for number, tag in enumerate(tags))


def _bone(number: int, tag: Tag) -> str:
    if tag.closing:
        return f"</x-{tag.name}>"
    kept = "".join(
        f' {name}="{tag.attributes[name].value}"'
        for name in ("class", "id", "role")
        if name in tag.attributes
    )
    return f'<x-{tag.name} data-n="{number}"{kept}>' + (f"</x-{tag.name}>" if tag.name in VOID else "")


def _edit(tag: Tag, style: str) -> Edit:
    """The declarations in front of the tag's own, which win."""
    css = style.replace('"', "'").strip().rstrip(";").replace(": ", ":").replace("; ", ";")
    if own := tag.attributes.get("style"):
        return Edit(own.start, own.start, (data(css + ";"),))
    end = tag.end - (2 if tag.text.endswith("/>") else 1)
    return Edit(end, end, (data(f' style="{css}"'),))


def _classes(tags: list[Tag], kept: str) -> Iterator[Edit]:
    """Classes that no remaining rule speaks of are not sent."""
    spoken_of = set(_CLASS.findall(kept))
    for tag in tags:
        own = tag.attributes.get("class")
        if own and not own.bare and MARK not in own.value:
            names = [name for name in own.value.split() if name in spoken_of]
            if names:
                yield Edit(own.start, own.end, (data(" ".join(names)),))
            else:
                yield Edit(own.start - len(' class="'), own.end + 1, ())


CONSTANT = "Only the shop's values can stand in <style>; put a customer's into a style attribute."
