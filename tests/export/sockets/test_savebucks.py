"""The clients' tests of the same name, of exported handlers."""

from ...clients.test_savebucks import *  # noqa: F403 - all of them, with their fixtures

del test_a_payment_s_new_status_is_told_to_its_user_alone  # noqa: F821 - the control API changes the row there
