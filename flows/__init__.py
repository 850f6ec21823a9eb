"""What Prefect runs, and when."""
