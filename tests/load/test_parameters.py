"""What a story can be told, and what is said where that is wrong."""

import pytest

from load.parameters import Parameter, read, shown, summary
from understudy.contract.errors import UsageError

KNOWN = (
    Parameter("seats", 20, "seats in a category", least=1),
    Parameter("leave", 0.1, "share that gives up", least=0, most=1),
    Parameter("event", "", "the key of what is there"),
    Parameter("acks", False, "whether acknowledgements are asked for"),
)


def test_what_is_not_given_is_as_by_default() -> None:
    assert read(KNOWN, ()) == {"seats": 20, "leave": 0.1, "event": "", "acks": False}


def test_values_have_the_kind_of_their_default() -> None:
    assert read(KNOWN, ["seats=5", "leave=1", "event=a=b", "acks=Yes"]) == {"seats": 5, "leave": 1.0, "event": "a=b", "acks": True}
    assert read(KNOWN, ["acks=true", "acks=off", "seats=1", "seats=2"]) | {"leave": 0} == {"seats": 2, "leave": 0, "event": "", "acks": False}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seats=many", "--set seats=many: This is no whole number. seats in a category."),
        ("seats=1.5", "--set seats=1.5: This is no whole number. seats in a category."),
        ("leave=half", "--set leave=half: This is no number. share that gives up."),
        ("acks=maybe", "--set acks=maybe: This is no true or false. whether acknowledgements are asked for."),
        ("seats=0", "--set seats=0: It has to be at least 1."),
        ("leave=1.1", "--set leave=1.1: It has to be from 0 to 1."),
        ("leave=-1", "--set leave=-1: It has to be from 0 to 1."),
        ("leave=nan", "--set leave=nan: It has to be from 0 to 1."),
        ("seat=3", "--set seat=3: There is no parameter 'seat'. Did you mean 'seats'?"),
        ("seats", "--set seats: Say --set seats=VALUE."),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        read(KNOWN, [text])
    assert str(error.value) == said


def test_help_says_what_is_by_default_and_what_is_allowed() -> None:
    assert shown(KNOWN) == [
        ("seats=20", "seats in a category (at least 1)"),
        ("leave=0.1", "share that gives up (from 0 to 1)"),
        ("event=", "the key of what is there"),
        ("acks=False", "whether acknowledgements are asked for"),
    ]


def test_values_are_summed_up_on_a_line() -> None:
    assert summary({"seats": 20, "period": 2.0}) == "seats=20 period=2.0"
