"""Ways out over HTTP: one machinery, and one small file for each provider."""
