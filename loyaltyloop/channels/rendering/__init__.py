"""A message as one customer gets it; as a preview shows it; and as `loop check` looks at it."""
