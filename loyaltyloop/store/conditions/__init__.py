"""Conditions as SQL: what they mean for a million customers at once."""
