"""Conditions: what can be asked, and what it means for one customer."""
