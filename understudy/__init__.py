"""Understudy: one description of a backend, run forwards as a mock and backwards as a contract check."""

__version__ = "0.1.0"
