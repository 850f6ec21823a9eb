"""`make evaluate`, or `python -m evaluation --help`."""

from __future__ import annotations

from evaluation.cli import main

main()
