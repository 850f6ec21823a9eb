"""What can be given: one file a kind, listed in steps/give.py."""
