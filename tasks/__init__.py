"""One Prefect task for each word that a step may say."""
