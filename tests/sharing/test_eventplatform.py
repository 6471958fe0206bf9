"""The tests of the same name, each request to another of two processes that share their state."""

from ..backends.test_eventplatform import *  # noqa: F403 - all of them

del test_a_lock_changes_no_figure_but_others_are_refused_beyond_it  # noqa: F821 - writes a row behind the back of the others
