"""The clients' tests of the same name, of exported handlers."""

from ...clients.test_eventplatform_rooms import *  # noqa: F403 - all of them, with their fixtures
