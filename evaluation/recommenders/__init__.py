"""One file a method that recommends products."""
