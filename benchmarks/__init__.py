"""What the engine costs, beside what the work costs when nothing but the work is done."""
