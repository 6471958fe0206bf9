"""Socket.IO by hand: the transport's tests, of exported handlers."""

from collections.abc import Callable

import pytest

from ...mock_process import Mock
from ...transports.test_socketio import *  # noqa: F403 - all of them but what concerns other origins, which MSW lets in


@pytest.fixture(scope="module")
def mock(mocks: Callable[[str], Mock]) -> Mock:
    return mocks("eventplatform")


del test_polling_answers_a_page_of_an_admitted_origin, test_polling_is_preflighted, test_a_frame_is_what_the_stock_server_sends  # noqa: F821
