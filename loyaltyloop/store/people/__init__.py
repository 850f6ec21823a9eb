"""Customers: their ids, what is known of them, and two that turn out to be one."""
