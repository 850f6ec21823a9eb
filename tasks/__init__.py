"""One Prefect task for each word that a step may say, and for each phase of a turn around them."""
