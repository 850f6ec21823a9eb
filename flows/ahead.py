"""Looking ahead: a run that finds nothing to do ends in its first task."""

from __future__ import annotations

from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.engine import OpenTurn
from loyaltyloop.turn.stages import Stage


class Ahead:
    """An open turn whose first stage goes on to the next ones for as long as nothing moves.

    Whether anybody may enter, or a message may leave, is known by trying; and a graph of tasks of which none
    did anything is only noise, every quarter of an hour.
    """

    def __init__(self, turn: OpenTurn) -> None:
        self.turn = turn
        self.done: dict[str, Counts] = {}

    @property
    def idle(self) -> bool:
        """Everything was done in the first task, and nothing moved."""
        return len(self.done) == len(self.turn.stages) and not self._moved()

    def run(self, stage: Stage) -> Counts:
        """What moved at this stage; done now, unless it was done ahead."""
        self._do(stage)
        if stage == self.turn.stages[0]:
            self._look()
        return self.done[stage.name]

    def _look(self) -> None:
        for stage in self.turn.stages:
            if self._moved():
                return
            self._do(stage)

    def _do(self, stage: Stage) -> None:
        if stage.name not in self.done:
            self.done[stage.name] = self.turn.run(stage)

    def _moved(self) -> bool:
        # Events are applied for the whole shop: that some have arrived moves nobody in this journey.
        first = self.turn.stages[0].name
        return any(counts.total for name, counts in self.done.items() if name != first)
