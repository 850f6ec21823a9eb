"""Files that come in: of customers, products, events and codes."""
