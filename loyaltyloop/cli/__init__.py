"""The command line: `loop`. One file a command, loaded by name when it is wanted."""

from loyaltyloop.cli.base import main

__all__ = ["main"]
