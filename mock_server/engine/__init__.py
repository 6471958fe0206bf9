"""The request path, without a web framework."""
