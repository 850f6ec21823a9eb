"""The model card as a page of Markdown: tables, and plots as pictures that the page brings with it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence

from loyaltyloop.markdown import plain
from loyaltyloop.scores.training.card_words import facts, headline, reasons, table
from loyaltyloop.scores.training.cards import Card
from loyaltyloop.scores.training.judging import Plot
from loyaltyloop.scores.training.pictures import svg
from loyaltyloop.scores.training.training import Outcome


def page(outcome: Outcome) -> str:
    """What came of a training, for a marketer; the same training gives the same page."""
    told = [f"## {plain(headline(outcome))}", *(plain(sentence) for sentence in reasons(outcome))]
    return "\n\n".join([*told, *(_of(outcome.card) if outcome.card else ())])


def _of(card: Card) -> list[str]:
    head, rows = table(card.judgement)
    methods, *measures = zip(head, *rows, strict=True)  # a row a measure: it is read on phones, too
    made = ", ".join(f"{name} {number}" for name, number in card.made_with.items())
    return [
        "\n".join(f"- **{plain(name)}**: {plain(text)}" for name, text in facts(card)),
        "### How good it is, with 95 % intervals",
        _table(methods, measures),
        *(_picture(plot) for plot in card.judgement.plots),
        f"Seed {card.seed}; {plain(made)}.",
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [
        [plain(cell) for cell in head],
        ["---"] * len(head),
        *([plain(cell) for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _picture(plot: Plot) -> str:
    return f"![{plain(plot.title)}](data:image/svg+xml;base64,{b64encode(svg(plot)).decode()})"
