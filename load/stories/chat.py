"""People in a room talk, and all of them hear it."""

from load.actor import Actor
from load.chatting import enter, pause, say, settle
from load.parameters import Parameter
from load.story import Story


def act(me: Actor) -> None:
    """Says something after a while; where arrivals set the pace, when it is one's turn."""
    if me.world.arrivals is None:
        pause(me, float(me.parameters["think"]))
    if not me.world.over.is_set():
        say(me)


STORY = Story(
    "chat",
    "Everybody in a room says something now and then, and all of them hear it: each message once, and in one order.",
    {
        "connect": "opening a socket until it is greeted",
        "join": "joining the room, where a message does that",
        "send": "from sending to the answer, or to hearing oneself where there is none",
        "fan-out": "from sending to the moment at which another one, chosen anew each time, hears it",
    },
    "chats",
    (),
    act,
    enter,
    settle,
    parameters=(
        Parameter("rooms", 1, "rooms over which the users are dealt out", least=1, most=1000),
        Parameter("think", 2.0, "seconds from one message of somebody to their next, more or less", least=0),
    ),
    verdicts=("lost-broadcast", "duplicate-broadcast", "misordered-broadcast"),
    users=50,
)
