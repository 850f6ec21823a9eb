"""One file a method that foretells who buys again."""
