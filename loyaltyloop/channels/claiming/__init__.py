"""From the line to a way out: the gate, the claim, and the outbox."""
