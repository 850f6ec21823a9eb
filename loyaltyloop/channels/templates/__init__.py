"""A template, read and compiled once: its files brought together, bounded, and made ready to be filled."""
