"""What a template names, and what it takes some of it for. Needs no database: `loop check` asks it, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from jinja2 import nodes

from loyaltyloop.journey.templates import Names as Path
from loyaltyloop.journey.templates import Templates, Use, path_of

Kind = Literal["number", "date", "list"]
_FILTERS: dict[str, Kind] = {
    **dict.fromkeys(("money", "round", "int", "float", "abs"), "number"),
    "date": "date",
    **dict.fromkeys(("join", "first", "last", "sum", "batch", "slice", "map"), "list"),
}


@dataclass(frozen=True)
class Used:
    """What a template names, and what it takes some of it for."""

    uses: tuple[Use, ...]
    kinds: Mapping[Path, Kind]

    @classmethod
    def by(cls, templates: Templates, name: str) -> Used:
        """By the template of that name (`welcome/hello`), its text part and all that they bring together."""
        return cls.by_files(templates, [f"{name}{end}" for end in (".html", ".txt", ".json")])

    @classmethod
    def by_files(cls, templates: Templates, names: Iterable[str]) -> Used:
        """By these files and all that they bring together."""
        reached = [templates.reach(name) for name in names]
        files = dict.fromkeys(file for one in reached for file in one.files)
        trees = [tree for file in files if (tree := templates.tree(file))]
        return cls(tuple(use for one in reached for use in one.uses), dict(_kinds(trees)))

    @property
    def names(self) -> set[str]:
        """The names before the first dot."""
        return {use.path[0] for use in self.uses}

    def needed(self, name: str) -> list[Path]:
        """What must be there below this name, in order: what is printed without a default or a test."""
        wanted = (use.path for use in self.uses if use.printed and not use.guarded)
        return sorted({path for path in wanted if path[0] == name and len(path) > 1})


def _kinds(trees: Iterable[nodes.Template]) -> Iterator[tuple[Path, Kind]]:
    for tree in trees:
        for node in tree.find_all((nodes.Filter, nodes.For)):
            match node:
                case nodes.For(iter=inner) if path := path_of(inner):
                    yield path, "list"
                case nodes.Filter(name=name, node=nodes.Node() as inner) if name in _FILTERS:
                    if path := path_of(inner):
                        yield path, _FILTERS[name]
