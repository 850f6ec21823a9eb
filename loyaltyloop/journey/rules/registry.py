"""Every check rule by its name."""

from __future__ import annotations

from loyaltyloop.journey.rules import names
from loyaltyloop.journey.rules.rule import Rule

RULES: dict[str, Rule] = {rule.name: rule for theme in (names,) for rule in theme.RULES}
