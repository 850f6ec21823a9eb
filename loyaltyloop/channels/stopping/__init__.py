"""Circuit breakers: what stops by itself, and who is told."""
