"""What is done to a mock from outside: its rows, snapshots, faults and scenarios, and what it tells of itself. Synchronous, as the engine is."""
