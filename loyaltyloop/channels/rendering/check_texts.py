"""What `loop check` says of texts and pushes: whether they can be made, and how many parts they have."""

from __future__ import annotations

from collections.abc import Iterator

from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.phone.push_text import PushText
from loyaltyloop.channels.phone.sms_text import parts, strange
from loyaltyloop.channels.rendering.body_samples import NOBODY, sample_names
from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.templates.faults import ROOT, fault
from loyaltyloop.channels.templates.used import Used
from loyaltyloop.channels.values.links import host_of
from loyaltyloop.errors import FilesError, Problem
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.templates import Templates
from loyaltyloop.journey.written import ENDINGS, language_of

MOST = 3  # parts of a text; more are dear, and often arrive one after the other


def faults_of_text(renderer: Renderer, read: Templates, channel: str, name: str) -> Iterator[Problem]:
    """Mistakes in all files of a template (`welcome/hello`) for this channel."""
    ending = ENDINGS[channel]
    for file in sorted(read.texts):
        language = language_of(file, name, ending)
        if language is not None:
            yield from _faults(renderer, read, channel, (name, file, language))


def renderer_of(templates: dict[str, str], shop: Shop) -> Renderer:
    """One whose links are about as long as those that leave."""
    return Renderer(templates, shop, f"https://mail.{host_of(shop.url) or 'shop.example'}", b"check")


def _faults(
    renderer: Renderer, read: Templates, channel: str, which: tuple[str, str, str]
) -> Iterator[Problem]:
    name, file, language = which
    texts = renderer.texts[channel]
    try:
        texts.compile(name, language or None)
    except FilesError as error:
        yield from error.problems
        return
    for names in sample_names(Used.by_files(read, [file])):
        try:
            text = texts.render(name, NOBODY, names, language or None).text
        except CannotRender:
            continue  # these values are made up: others may do
        if channel == "sms":
            yield from _too_long(file, text)
        else:
            yield from _no_push(read, file, text)
        return


def _too_long(file: str, text: str) -> Iterator[Problem]:
    count = parts(text)
    if count > MOST:
        sign = strange(text)
        shorter = f"Without '{sign}' more than twice as much fits into a part." if sign else "Shorten it."
        message = f"made with sample values, this text has {count} parts, and each is paid for"
        yield Problem(ROOT + file, 1, 1, "sms-length", "warning", message, shorter)


def _no_push(read: Templates, file: str, text: str) -> Iterator[Problem]:
    try:
        PushText.of(text)
    except CannotRender as error:
        remedy = "Write the title in the first line, then what it says; last, on a line of its own, a link."
        what = f"this is no push ({error.reason})"
        yield from fault(file, read.texts[file], 1, what, remedy).problems
