"""One backend on many processes: each has a replica of every world, and what changes one goes through Redis, in one order for all."""
