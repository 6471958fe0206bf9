"""The clients' tests of the same name, of exported handlers."""

from ...clients.test_watchparty import *  # noqa: F403 - all of them, with their fixtures
