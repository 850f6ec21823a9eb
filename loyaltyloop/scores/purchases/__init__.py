"""What a model is told of what happened: purchases as arrays, read from the store."""
