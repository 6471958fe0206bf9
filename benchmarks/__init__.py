"""Repeatable measurements, as ratios from one run."""
