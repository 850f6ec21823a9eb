"""When somebody reads and buys: the good hour of each customer, by the clock where they live."""
