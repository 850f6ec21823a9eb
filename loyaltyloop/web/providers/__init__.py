"""What mail and SMS providers tell of our messages, in one set of words. One file a provider."""
