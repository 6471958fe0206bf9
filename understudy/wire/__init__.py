"""What both ends of a wire need: signatures, one-time codes, passwords."""
