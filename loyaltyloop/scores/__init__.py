"""What suits a customer: products with reasons, and later the learned scores."""
