"""People's data: everything about somebody as one document, and its erasure for good."""
