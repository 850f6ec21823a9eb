"""Numbers and products for one customer: features and models."""
