"""`/a/<token>`: the page behind the answers of an `ask`."""
