"""One file a method that foretells what is bought again."""
