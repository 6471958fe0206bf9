"""The control API: what `mock_server.steering` does, over HTTP under /__admin of every service."""
