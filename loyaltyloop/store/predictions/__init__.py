"""Fitted models and what they say of customers, on record."""
