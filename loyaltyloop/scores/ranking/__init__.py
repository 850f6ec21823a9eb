"""Products for customers in a learned order: candidates of several kinds, features, a fitted ranking."""
