"""Calls: signed web hooks to other systems."""
