"""Events: they come in, and are applied to customers, orders and facts."""
