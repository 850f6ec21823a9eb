"""One file a method that foretells what a customer will spend."""
