"""The language: what a journey file says and means. Pure: no clock, database or network."""
