"""Who is inside a journey: where they stand, and what was decided for them."""
