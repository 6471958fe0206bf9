"""Criteria of the log that can't fit anything are refused: an assertion that counts none would hold for nothing."""

import pytest

from understudy.testing import MockError, MockFactory


@pytest.mark.parametrize(
    ("criteria", "says"),
    [
        ({"operation": "listEvnts"}, "There is no operation 'listEvnts'. Did you mean 'listEvents'?"),
        ({"service": "gatway"}, "There is no service 'gatway'. Did you mean 'gateway'?"),
    ],
)
def test_a_name_that_is_not_there_is_refused(criteria: dict[str, str], says: str) -> None:
    with MockFactory() as make:
        mock = make("eventplatform")
        for ask in (mock.requests.count, mock.requests.find):
            with pytest.raises(MockError) as caught:
                ask(**criteria)
            assert (caught.value.status, caught.value.text) == (404, says)
        assert [mock.requests.count(operation=name) for name in ("listEvents", "list*", "*Evnts")] == [0, 0, 0]
