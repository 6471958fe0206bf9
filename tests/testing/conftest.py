"""The fixture as this checkout has it, whether or not the plugin is installed."""

from understudy.pytest_plugin import _understudy_servers, understudy_mock

__all__ = ["_understudy_servers", "understudy_mock"]
