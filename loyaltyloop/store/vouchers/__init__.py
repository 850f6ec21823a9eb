"""Gifts and the codes of vouchers in the database: taken, shown, redeemed, given back."""
