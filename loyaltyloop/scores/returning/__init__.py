"""Who comes back, what they will spend, and when they need a product again."""
