"""The tests of the same name, each request to another of two processes that share their state."""

from ..backends.test_cliick_payments import *  # noqa: F403 - all of them
