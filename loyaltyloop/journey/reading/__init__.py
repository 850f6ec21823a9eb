"""Files to journeys: YAML with places, the compiler, and what a mistake is told as."""
