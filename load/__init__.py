"""Stress on the places where things are few: a Locust project, and an exact verdict on what was granted."""
