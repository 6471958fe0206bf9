"""What a world is made of: pure and synchronous, without a framework."""
