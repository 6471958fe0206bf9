"""Watch Party: the second factor of a login."""

from mock_server.engine import Call, Problem, Reply, session
from understudy.wire import codes


def verify_second_factor(call: Call) -> Reply:
    """Signs in whom a ticket was given to, if the code is that of their authenticator app now, one step before or one after."""
    user = call.store.get("users", call.scope["spent"]["user_id"])
    secret = user.get("totp_secret") if user is not None else None
    if user is None or not secret or not codes.accepts(secret, call.body["code"], call.now):
        raise Problem(401, None, "The code is not valid.", field="code", rule="code")
    return session(call, user)


OPERATIONS = {"verifySecondFactor": verify_second_factor}
