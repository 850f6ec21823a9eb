"""How good the scores are: measured on order lines, beside the best simple methods."""
