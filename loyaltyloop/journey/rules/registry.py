"""Every check rule by its name."""

from __future__ import annotations

from loyaltyloop.journey.rules import (
    asking,
    calls,
    caps,
    channels,
    deciding,
    entering,
    events,
    fields,
    html,
    leaving,
    loyalty,
    names,
    quiet,
    schedules,
    scores,
    sending,
    shop,
    template_files,
    template_names,
    template_reach,
    vouchers,
    waiting,
    ways,
)
from loyaltyloop.journey.rules.rule import Rule

_THEMES = (
    names,
    entering,
    schedules,
    leaving,
    ways,
    waiting,
    scores,
    deciding,
    sending,
    asking,
    calls,
    channels,
    events,
    fields,
    template_files,
    template_names,
    template_reach,
    html,
    shop,
    quiet,
    vouchers,
    loyalty,
    caps,
)
RULES: dict[str, Rule] = {rule.name: rule for theme in _THEMES for rule in theme.RULES}

# What the reader finds before any rule is asked.
READER: dict[str, str] = {
    "yaml": "The file is no YAML, not UTF-8, too large or too deep.",
    "duplicate-key": "A word stands twice in one mapping.",
    "empty-word": "A word or an item without a value.",
    "unknown-word": "A word that the language does not have there.",
    "missing-word": "A word that must be said is not.",
    "wrong-value": "A value that the word does not take.",
    "one-verb": "A step without a verb, or with several.",
    "duplicate-step": "Two steps of one journey have the same name.",
    "segment-circle": "Segments of shop.yaml that are made of each other.",
    "no-shop": "There is no shop.yaml.",
    "template-encoding": "A template that is not UTF-8.",
}
