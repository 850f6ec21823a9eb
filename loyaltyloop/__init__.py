"""Customer journeys for an online shop: written as files, run set-based."""

__version__ = "0.1.0"
