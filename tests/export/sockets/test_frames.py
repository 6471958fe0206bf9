"""Raw WebSockets by hand: the transport's tests, of exported handlers."""

from collections.abc import Callable

import pytest

from ...mock_process import Mock
from ...transports.test_websocket import *  # noqa: F403 - all of them but what concerns the Python server alone


@pytest.fixture(scope="module")
def mock(mocks: Callable[[str], Mock]) -> Mock:
    both = [mocks(name) for name in ("cliick", "watchparty")]
    return Mock(both[0].process, {"backends": [backend for running in both for backend in running.told["backends"]]})


del test_a_client_that_vanishes_leaves_nothing, test_the_largest_frame_is_what_the_backend_says, test_a_client_that_takes_nothing_is_cut_off  # noqa: F821
