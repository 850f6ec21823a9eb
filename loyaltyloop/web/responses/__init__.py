"""What comes back of our messages by their own links: clicks, openings, views; and who is no person."""
