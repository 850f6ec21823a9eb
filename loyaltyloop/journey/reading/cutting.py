"""What is left of a file when its mistakes are cut out: so that what else is wrong is told at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from loyaltyloop.journey.reading.mistakes import empty_words, meant_word, way
from loyaltyloop.journey.reading.tree import Node, Path, Source

Model = TypeVar("Model", bound=BaseModel)
ROUNDS = 30  # each cuts at least one thing; a file that needs more is told of once it is better


@dataclass(frozen=True)
class Cut:
    """A tree to cut in, and the words of what was cut: nothing is said about these a second time."""

    source: Source
    words: set[str]

    def rest(self, model: type[Model]) -> Model | None:
        """What the model reads of the file without its mistakes; None where nothing of use is left."""
        for _ in range(ROUNDS):
            try:
                read = model.model_validate(self.source.plain())
            except ValidationError as error:
                paths = list(self._mistakes(model, error))
            else:
                paths = [path for path, _ in empty_words(self.source.root, ())]
                if not paths:
                    return read
            if not self.out(paths):
                return None
        return None

    def out(self, paths: Iterable[Path]) -> bool:
        """Cut these, the last items of a list first; False where the whole file would go."""
        return all(self._one(path) for path in sorted(set(paths), key=_place, reverse=True))

    def _mistakes(self, model: type[BaseModel], error: ValidationError) -> Iterator[Path]:
        """Where something is to be cut; a misspelt word is put right, and what stands below it is kept."""
        found = error.errors(include_url=False)
        missing = [one for one in found if one["type"] == "missing"]
        renamed = [
            way(one)[:-1] for one in found if one["type"] == "extra_forbidden" and self._rename(model, one)
        ]
        for one in found:
            key = one.get("ctx", {}).get("key")
            path = (*way(one), key) if key else way(one)
            if one in missing and path[:-1] not in renamed:
                yield path[:-1]
            elif one not in missing and not (one["type"] == "extra_forbidden" and path[:-1] in renamed):
                yield path

    def _rename(self, model: type[BaseModel], error: ErrorDetails) -> bool:
        """Call a word as it was probably meant, if that word does not stand beside it."""
        *above, word = way(error)
        node = list(self.source.walk(tuple(above)))[-1][0]
        meant = meant_word(model, error)
        if meant is None or not isinstance(node.value, dict) or {str(word), meant} & {*node.value} != {word}:
            return False
        node.value[meant] = node.value.pop(str(word))
        node.keys[meant] = node.keys.pop(str(word))
        return True

    def _one(self, path: Path) -> bool:
        last: tuple[Node, str | int] | None = None
        node = self.source.root
        for part in path:
            match node.value:
                case dict() as mapping if isinstance(part, str) and part in mapping:
                    last, node = (node, part), mapping[part]
                case list() as items if isinstance(part, int) and part < len(items):
                    last, node = (node, part), items[part]
                case _ if part != 0:
                    break
        if last is None:
            return bool(path)  # nothing there: what it stood in is cut already
        self.words.update(_words(node))
        holder, key = last
        if isinstance(holder.value, dict):
            self.words.add(str(key))
            del holder.value[str(key)]
        elif isinstance(holder.value, list):
            del holder.value[int(key)]
        return True


def cut_of(source: Source) -> Cut:
    """A copy to cut in; its lines and places are the file's own."""
    return Cut(replace(source, root=deepcopy(source.root)), set())


def _place(path: Path) -> tuple[tuple[bool, int, str], ...]:
    return tuple((isinstance(part, str), part if isinstance(part, int) else 0, str(part)) for part in path)


def _words(node: Node) -> Iterator[str]:
    match node.value:
        case dict() as mapping:
            for key, inner in mapping.items():
                yield key
                yield from _words(inner)
        case list() as items:
            for inner in items:
                yield from _words(inner)
        case None:
            return
        case scalar:
            yield str(scalar)
