"""Models: what each must be able to do, how it is kept, loaded and asked."""
