"""What people agreed to, what they want, and to which addresses nothing goes."""
