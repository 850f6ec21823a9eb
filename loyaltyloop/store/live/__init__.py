"""What is live: the versions that were applied, and what a change does to those inside."""
