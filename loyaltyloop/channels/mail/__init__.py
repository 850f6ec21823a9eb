"""E-mail: a message as bytes, to files or by SMTP."""
