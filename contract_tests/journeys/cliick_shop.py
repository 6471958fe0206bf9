"""A shop's daily work at Cliick: products, forms, conversations, orders, push subscriptions."""

from typing import Any

from contract_tests.checks import NotChecked
from contract_tests.journey import CONTENT, OTHERS, Flow, Journey, Row
from contract_tests.people import Person
from contract_tests.realtime.lines import Line

__all__ = ["SHOP", "busy_shop", "new_shop", "orders_of"]

PRODUCT = ("name", "description", "retailPrice", "stock", "imageUrl", "category")
MOVES = "which moves there are is ours; the guide names the four states"


def new_shop(journey: Journey, owner: Person) -> Row:
    """A shop of somebody's own."""
    with journey.step("an account creates a shop and owns it", "shop-created", on="createShop", rule="journey.kept"):
        body = {"name": f"Demo shop {journey.session.chance.text(6)}"}
        shop = journey.row("createShop", owner, body)
        journey.equal(shop["name"], body["name"], "name")
        journey.equal(shop["ownerId"], owner.key, "ownerId")
        journey.agree(journey.row("getShop", owner, path={"shopId": shop["id"]}), shop, ("id", "name", "ownerId"), "the shop")
    return shop


def busy_shop(journey: Journey) -> tuple[Person, str]:
    """The owner and the id of a shop that has customers: one of our own where the target can be given orders and conversations, for nothing in the API
    makes them; else one that is there. Raises NotChecked."""
    if not journey.session.steering.steerable:
        return _demo_shop(journey)
    owner = journey.newcomer()
    shop = str(new_shop(journey, owner)["id"])
    items = [
        {"productId": "product_1", "productName": "Canvas Tote Bag", "quantity": 2, "price": 10.5},
        {"productId": "product_2", "productName": "Mug", "quantity": 1, "price": 4.0},
    ]
    for customer in ("customer_1", "customer_2"):
        journey.plant("orders", {"shopId": shop, "customerId": customer, "status": "pending", "paymentStatus": "unpaid", "items": items})
        talk = {"shopId": shop, "customerName": customer, "customerId": customer, "channel": "web", "status": "open", "tags": ["new"], "isAiActive": False}
        made = journey.plant("conversations", {**talk, "notes": ""})
        message = {
            "conversationId": made["id"],
            "sender": "user",
            "text": "Do you deliver on Saturdays?",
            "timestamp": int(journey.session.now() * 1000) - 60_000,
        }
        journey.plant("messages", message)
    return owner, shop


def _demo_shop(journey: Journey) -> tuple[Person, str]:
    key = journey.session.samples.blank(journey.operation("getShop")).path["shopId"]
    for person in journey.session.people.everyone:
        answer = journey.session.call(journey.operation("getShop"), journey.fresh(person), {"shopId": key})
        if answer.ok and isinstance(answer.json, dict) and str(answer.json.get("ownerId")) == str(person.key):
            return person, str(key)
    raise NotChecked(f"nobody who can sign in owns a shop with orders and conversations ({key}); give --auth")


def orders_of(journey: Journey, owner: Person, shop: str) -> list[Row]:
    """A shop's orders. Raises NotChecked where it has none."""
    found = journey.rows("listOrders", owner, path={"shopId": shop})
    if not found:
        raise NotChecked("the shop has no orders")
    return found


def joined(journey: Journey, person: Person, shop: str) -> Line:
    """A socket in a shop's room. Joining has no answer: a ping after it has."""
    line = journey.line("/ws", person)
    with journey.step("a socket joins the room of its shop", "joined", on="getShop", rule="journey.told", lines=(91, 99)):
        line.client.emit("shop:join", {"event": "shop:join", "data": {"shopId": shop}})
        mark = line.client.emit("ping", {"event": "ping", "data": {}})
        journey.hears(line, "pong", mark)
    return line


def _products(journey: Journey) -> None:
    """A product from its creation to its end, in its own shop alone."""
    owner = journey.newcomer()
    shop, second = new_shop(journey, owner), new_shop(journey, owner)
    here = {"shopId": shop["id"]}
    body = {
        "name": "Canvas Tote Bag",
        "description": "Sturdy cotton bag",
        "retailPrice": 10.5,
        "stock": 120,
        "imageUrl": "https://example.com/bag.png",
        "category": "Accessories",
    }
    with journey.step("a product is created and listed as it was sent", "created", on="createProduct", rule="journey.kept"):
        made = journey.row("createProduct", owner, body, path=here)
        journey.agree(made, {**body, "shopId": shop["id"]}, (*PRODUCT, "shopId"), "the product")
        journey.agree(journey.among(journey.rows("listProducts", owner, path=here), "id", made["id"], "the product"), made, PRODUCT, "the product in the list")
    one = {**here, "productId": made["id"]}
    with journey.step("a new price changes nothing else", "changed", on="updateProduct", rule="journey.kept"):
        journey.agree(journey.row("updateProduct", owner, {"retailPrice": 12.0}, path=one), {**made, "retailPrice": 12.0}, PRODUCT, "the answer")
        journey.agree(
            journey.among(journey.rows("listProducts", owner, path=here), "id", made["id"], "the product"),
            {**made, "retailPrice": 12.0},
            PRODUCT,
            "the product",
        )
    with journey.step("another shop neither shows nor changes it", "elsewhere", on="updateProduct", rule="journey.others"):
        journey.absent(journey.rows("listProducts", owner, path={"shopId": second["id"]}), "id", made["id"], "another shop's product")
        journey.refuses(OTHERS, "updateProduct", owner, {"retailPrice": 1.0}, path={**one, "shopId": second["id"]}, broken=False)
        journey.refuses(OTHERS, "deleteProduct", owner, path={**one, "shopId": second["id"]}, broken=False)
        journey.equal(journey.among(journey.rows("listProducts", owner, path=here), "id", made["id"], "the product")["retailPrice"], 12.0, "retailPrice")
    with journey.step("deleted, it is gone", "deleted", on="deleteProduct", rule="journey.kept"):
        journey.works("deleteProduct", owner, path=one)
        journey.absent(journey.rows("listProducts", owner, path=here), "id", made["id"], "a deleted product")
        journey.refuses(frozenset([404, 410]), "updateProduct", owner, {"retailPrice": 1.0}, path=one, broken=False)


def _forms(journey: Journey) -> None:
    """A form is made, listed and switched off."""
    owner = journey.newcomer()
    here = {"shopId": new_shop(journey, owner)["id"]}
    fields = [{"label": "Full name", "type": "text", "required": True}, {"label": "Delivery day", "type": "date", "required": False}]
    with journey.step("a form is created and listed with its fields", "created", on="createForm", rule="journey.kept"):
        made = journey.row("createForm", owner, {"name": "Order form", "description": "What we need to deliver", "fields": fields}, path=here)
        shown = journey.among(journey.rows("listForms", owner, path=here), "id", made["id"], "the form")
        journey.agree(shown, {"name": "Order form", "fields": fields, "isActive": True}, ("name", "fields", "isActive"), "the form")
    with journey.step("switched off, it keeps its fields", "changed", on="updateForm", rule="journey.kept"):
        journey.works("updateForm", owner, {"isActive": False}, path={**here, "formId": made["id"]})
        shown = journey.among(journey.rows("listForms", owner, path=here), "id", made["id"], "the form")
        journey.agree(shown, {"name": "Order form", "fields": fields, "isActive": False}, ("name", "fields", "isActive"), "the form")


def _conversation(journey: Journey) -> None:
    """A seller answers a customer: the conversation grows, comes first, and the shop's sockets are told."""
    owner, shop = busy_shop(journey)
    here, stranger = {"shopId": shop}, journey.newcomer()
    conversations = journey.rows("listConversations", owner, path=here)
    if not conversations:
        raise NotChecked("the shop has no conversations")
    before = conversations[-1]
    one = {**here, "conversationId": before["id"]}
    line = joined(journey, owner, shop)
    mark, text = line.client.mark(), f"Yes, until six in the evening. {journey.session.chance.text(6)}"
    with journey.step("a message is the seller's, and the last of its conversation", "sent", on="sendMessage", rule="journey.kept"):
        sent = journey.row("sendMessage", owner, {"text": text}, path=one)
        after = journey.row("getConversation", owner, path=one)
        journey.equal(len(after["messages"]), len(before["messages"]) + 1, "the number of messages")
        journey.agree(
            after["messages"][-1],
            {"id": sent["id"], "text": text, "sender": "seller", "senderId": owner.key},
            ("id", "text", "sender", "senderId"),
            "the last message",
        )
    with journey.step(
        "the shop's sockets are told of the message and the conversation", "told", on="sendMessage", rule="journey.told", lines=(104, 114), apart=True
    ):
        said = journey.hears(line, "message:new", mark, lambda frame: frame["data"]["id"] == sent["id"])
        journey.equal(said["data"]["text"], text, "text of the pushed message")
        pushed = journey.hears(line, "conversation:update", mark, lambda frame: frame["data"]["id"] == before["id"])
        journey.equal(len(pushed["data"]["messages"]), len(after["messages"]), "the number of messages pushed")
    with journey.step(
        "its conversation comes first", "first", on="listConversations", rule="journey.listed", inferred="that the latest come first", apart=True
    ):
        journey.equal(journey.rows("listConversations", owner, path=here)[0]["id"], before["id"], "the first conversation")
    with journey.step("tags, notes and assignee are kept, and nothing else changes", "updated", on="updateConversation", rule="journey.kept"):
        change = {"tags": ["checked"], "notes": "Asked about delivery", "assigneeId": owner.key}
        journey.works("updateConversation", owner, change, path=one)
        shown = journey.row("getConversation", owner, path=one)
        journey.agree(shown, {**after, **change}, ("tags", "notes", "assigneeId", "status", "customerName", "isAiActive", "messages"), "the conversation")
    with journey.step(
        "nobody outside the team is assigned", "assignee", on="updateConversation", rule="journey.others", inferred="the guide does not say so", apart=True
    ):
        journey.refuses(CONTENT, "updateConversation", owner, {"assigneeId": stranger.key}, path=one, broken=False)
        journey.equal(journey.row("getConversation", owner, path=one)["assigneeId"], owner.key, "assigneeId")
    with journey.step("no stranger reads it or writes into it", "stranger", rule="journey.others", lines=(238, 248)):
        journey.refuses(OTHERS, "getConversation", stranger, path=one, broken=False)
        journey.refuses(OTHERS, "sendMessage", stranger, {"text": "Hello"}, path=one, broken=False)
        journey.equal(len(journey.row("getConversation", owner, path=one)["messages"]), len(after["messages"]), "the number of messages")
    journey.call("updateConversation", owner, {name: before[name] for name in ("tags", "notes", "assigneeId") if before.get(name) is not None}, path=one)


def _order(journey: Journey) -> None:
    """An order moves on and not back; the shop's sockets see it."""
    owner, shop = busy_shop(journey)
    here, orders = {"shopId": shop}, orders_of(journey, owner, shop)
    order = next((row for row in orders if row.get("status") == "pending"), None)
    with journey.step("an order's total is the sum of its items", "total", on="listOrders", rule="journey.figures", lines=(306, 320), apart=True):
        for row in orders:
            journey.equal(row["totalAmount"], round(sum(item["price"] * item["quantity"] for item in row["items"]), 2), f"totalAmount of {row['id']}")
    if order is None:
        raise NotChecked("the shop has no pending order")
    one = {**here, "orderId": order["id"]}
    with journey.step("an order by its id is that of the list", "same", on="getOrder", rule="journey.agrees"):
        journey.agree(journey.row("getOrder", owner, path=one), order, ("id", "status", "totalAmount", "paymentStatus", "customerId"), "the order")
    line = joined(journey, owner, shop)
    mark = line.client.mark()
    with journey.step("it is being processed", "processing", on="updateOrderStatus", rule="journey.state"):
        journey.equal(journey.row("updateOrderStatus", owner, {"status": "processing"}, path=one)["status"], "processing", "status")
        shown = journey.among(journey.rows("listOrders", owner, path=here), "id", order["id"], "the order")
        journey.equal(shown["status"], "processing", "status in the list")
        journey.equal(shown["paymentStatus"], order["paymentStatus"], "paymentStatus")
    with journey.step("the shop's sockets are told of it", "told", on="updateOrderStatus", rule="journey.told", lines=(116, 130), apart=True):
        journey.hears(line, "order:update", mark, lambda frame: frame["data"]["id"] == order["id"] and frame["data"]["status"] == "processing")
        journey.hears(line, "notification", mark, lambda frame: str(order["id"]) in frame["data"]["message"])
    with journey.step("no stranger moves it", "stranger", on="updateOrderStatus", rule="journey.others", lines=(238, 248)):
        journey.refuses(OTHERS, "updateOrderStatus", journey.newcomer(), {"status": "cancelled"}, path=one, broken=False)
        journey.equal(journey.row("getOrder", owner, path=one)["status"], "processing", "status")
    with journey.step("completed, it does not go back", "completed", on="updateOrderStatus", rule="journey.state", inferred=MOVES):
        journey.works("updateOrderStatus", owner, {"status": "completed"}, path=one)
        for status in ("pending", "processing", "cancelled"):
            journey.refuses(CONTENT, "updateOrderStatus", owner, {"status": status}, path=one, broken=False)
        journey.equal(journey.row("getOrder", owner, path=one)["status"], "completed", "status")


def _push(journey: Journey) -> None:
    """A browser subscribes to push notifications, again, and ends it."""
    person, other = journey.newcomer(), journey.newcomer()
    endpoint = f"https://push.example.com/send/{journey.session.chance.text(12)}"
    body: dict[str, Any] = {"endpoint": endpoint, "expirationTime": None, "keys": {"p256dh": "BNcRdreALRFXTkOOUHK1", "auth": "tBHItJI5svbpez7KI4CCXg"}}
    with journey.step("a browser subscribes, and may do so again", "subscribed", on="subscribePush", rule="journey.works"):
        journey.works("subscribePush", person, body)
        journey.works("subscribePush", person, body)
    with journey.step("unsubscribing works, also of what is not there", "unsubscribed", on="unsubscribePush", rule="journey.works"):
        journey.works("unsubscribePush", other, {"endpoint": endpoint})
        journey.works("unsubscribePush", person, {"endpoint": endpoint})
        journey.works("unsubscribePush", person, {"endpoint": endpoint})
    with journey.step("nobody subscribes without signing in", "anonymous", on="subscribePush", rule="journey.rights", apart=True):
        journey.refuses(frozenset([401, 403]), "subscribePush", None, body)


SHOP = (
    Flow("products", "createProduct", _products),
    Flow("forms", "createForm", _forms),
    Flow("conversation", "sendMessage", _conversation),
    Flow("order", "updateOrderStatus", _order),
    Flow("push", "subscribePush", _push),
)
