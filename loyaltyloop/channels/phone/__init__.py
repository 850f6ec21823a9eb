"""What reaches a phone: text messages and pushes."""
