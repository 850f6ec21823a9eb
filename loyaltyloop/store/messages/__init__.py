"""Messages on record: to whom they went, who hands them over, and what became of them."""
