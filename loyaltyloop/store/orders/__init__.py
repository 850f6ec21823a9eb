"""Orders, baskets and products, as they are now."""
