"""What a shop's web hooks say, as the engine's own events: pure, but for `routes.py` and `taking.py`."""
