"""The tests of the same name, each request to another of two processes that share their state."""

from ..backends.test_cliick_payments import *  # noqa: F403 - all of them

del test_stripes_own_library_accepts_the_webhook_that_was_sent  # noqa: F821 - each process has a log of its own
