"""How a message leaves: rendered, through the gate, by a way out."""
