"""A turn of a journey: its phases, and the plain runner that walks them."""
