"""The customers' pages behind links in messages: unsubscribing (`/u/`) and preferences (`/p/`)."""
