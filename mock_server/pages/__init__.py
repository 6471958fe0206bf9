"""What a service shows of itself in a browser."""
