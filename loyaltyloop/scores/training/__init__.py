"""Models are fitted, judged on the newest period, and told of on cards."""
