"""Write docs/check-rules.md anew: python -m tests.unit.journey.write_page"""

from __future__ import annotations

from loyaltyloop.journey.rules.page import page
from tests.unit.journey.projects import HERE, expected, rules

if __name__ == "__main__":
    text = page({rule: expected(rule) for rule in rules()})
    (HERE.parents[2] / "docs" / "check-rules.md").write_text(text, encoding="utf-8")
