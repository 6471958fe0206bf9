"""Reads the documents of a backend into frozen dataclasses."""
