"""Prepares a run at the target, through its own API: who takes part, what they may have, and how each request is made. No load is sent from here."""
