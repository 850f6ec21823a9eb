"""Waking journeys: what was committed, and is listened for, makes a turn run within seconds."""
