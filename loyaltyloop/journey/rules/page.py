"""The page of check rules in the docs, made from the rules themselves."""

from __future__ import annotations

from collections.abc import Mapping

from loyaltyloop.journey.rules.registry import READER, RULES

_HEAD = """# Check rules

`loop check` shows every mistake of all files at once: where it stands, what is wrong, what to write instead.
It leaves with 1 if there is an error; a warning alone does not count. With `--format json` or `github` each
comes with the name of its rule. This page is made from the rules; each example is what the rule prints for a
small project with that mistake.
"""


def page(examples: Mapping[str, str]) -> str:
    """The page as Markdown. `examples`: rule → what it prints."""
    parts = [
        _HEAD,
        "## Reading\n",
        "What is wrong like this is left out; the rest of the file is looked at all the same.\n",
    ]
    parts += [_entry(name, "error", about, examples) for name, about in READER.items()]
    parts.append("## Rules\n")
    parts += [_entry(rule.name, rule.severity, rule.about, examples) for rule in RULES.values()]
    return "\n".join(parts)


def _entry(name: str, severity: str, about: str, examples: Mapping[str, str]) -> str:
    example = f"\n```text\n{examples[name].rstrip()}\n```\n" if name in examples else ""
    return f"### {name}\n\n{severity}: {about}\n{example}"
