"""The database: what is known of customers, and who stands where."""
