"""What is told of what happened: histories, reports, and what has stopped."""
