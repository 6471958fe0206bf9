"""People look around: lists and their pages, now and then something from them."""

from load.actor import Actor
from load.parameters import Parameter
from load.reading import Choices, choices, read
from load.story import Story


def arrive(me: Actor) -> None:
    """Knows what there is to read."""
    me.memory = choices(me.stage, me.number)


def act(me: Actor) -> None:
    """One look, and some time to take it in; where arrivals set the pace, who has looked is free for the next one."""
    assert isinstance(me.memory, Choices)
    read(me, me.memory, float(me.parameters["lists"]))
    if me.world.arrivals is None:
        me.think(float(me.parameters["think"]))


STORY = Story(
    "browse",
    "Everybody reads: lists page by page and what stands in them, on all backends at once where none is named; nothing is changed.",
    {"METHOD /path": "each operation of the document, from the request to the end of its answer"},
    "reads",
    (),
    act,
    arrive,
    parameters=(
        Parameter("lists", 0.6, "share of lists among what is read", least=0, most=1),
        Parameter("think", 0.5, "seconds between two reads, more or less", least=0),
    ),
    users=50,
    several=True,
)
