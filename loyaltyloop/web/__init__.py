"""What the outside calls: events coming in, links and pages of customers, hooks of shops and providers."""
