"""The opening of a sale on PlatNG: orders by everybody, payments by most, and nothing to be had in the end."""

from load.actor import Actor
from load.parameters import EVENT, Parameter
from load.story import SALES, Story


def act(me: Actor) -> None:
    """One purchase: an order, then the payment is verified; some send a wrong reference first, some never pay."""
    at = me.chance.randrange(len(me.stage.stocks))
    order = me.order(at, me.chance.randint(1, int(me.parameters["quantity"])))
    me.think(float(me.parameters["think"]))
    if order is None or me.chance.random() < float(me.parameters["unpaid"]):
        return
    if me.chance.random() < float(me.parameters["wrong"]) and me.confirm(order, reference="a-wrong-reference"):
        me.wrong("confirm", "a payment with a wrong reference was taken")
    if not me.confirm(order):
        me.wrong("confirm", "a payment with the right reference was refused")


STORY = Story(
    "platng-onsale",
    "A sale opens: orders take the stock, payments are verified, some never pay; no ticket may be sold twice.",
    {"order": "the order", "confirm": "verifying the payment"},
    "seats",
    ("order", "confirm"),
    act,
    parameters=(
        Parameter("quantity", 2, "tickets that each orders at most", least=1),
        Parameter("think", 0.2, "seconds between steps, more or less", least=0),
        Parameter("unpaid", 0.2, "share of orders that are never paid", least=0, most=1),
        Parameter("wrong", 0.1, "share of payments that come with a wrong reference first", least=0, most=1),
        EVENT,
    ),
    verdicts=SALES,
    users=50,
)
