"""A journey shown: its graph, its map, its words, and what changed."""
