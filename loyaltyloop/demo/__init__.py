"""The sample shop: a real shop's year, what is made up around it, and the demo that walks it."""
