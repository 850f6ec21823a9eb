"""Every check rule by its name."""

from __future__ import annotations

from loyaltyloop.journey.rules import (
    deciding,
    entering,
    fields,
    html,
    leaving,
    names,
    sending,
    shop,
    template_files,
    template_names,
    ways,
)
from loyaltyloop.journey.rules.rule import Rule

_THEMES = (
    names,
    entering,
    leaving,
    ways,
    deciding,
    sending,
    fields,
    template_files,
    template_names,
    html,
    shop,
)
RULES: dict[str, Rule] = {rule.name: rule for theme in _THEMES for rule in theme.RULES}
