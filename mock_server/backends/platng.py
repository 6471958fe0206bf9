"""PlatNG: signing in with Google."""

import base64
import binascii

import orjson

from mock_server.engine import Call, Reply, find_account, session


def sign_in_with_google(call: Call) -> Reply:
    """Signs in the account that a Google ID token names, else the first account. The token's signature is Google's affair."""
    token = call.body["token"]
    user = find_account(call, _email(token)) or find_account(call, token)
    return session(call, user or next(iter(call.store.all("users"))))


def _email(token: str) -> str | None:
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return None
    email = claims.get("email") if isinstance(claims, dict) else None
    return email if isinstance(email, str) else None


OPERATIONS = {"signInWithGoogle": sign_in_with_google}
