"""Tokens: what is good, and why another is not."""

import base64
from collections.abc import Callable
from typing import Any

import jwt
import orjson
import pytest

from mock_server.state.tokens import CACHE, TokenError, Tokens

KEY = "k" * 32


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


@pytest.fixture
def tokens(make_tokens: Callable[[str], Tokens]) -> Tokens:
    return make_tokens(KEY)


def access(tokens: Tokens, **claims: Any) -> str:
    return tokens.issue("access", "7", "id-1", 1000, 900, claims)


def test_a_good_token_has_its_claims(tokens: Tokens) -> None:
    claims = tokens.verify(access(tokens, role="admin"), "access", 1001)
    assert claims == {"role": "admin", "sub": "7", "jti": "id-1", "typ": "access", "iat": 1000, "exp": 1900}


def test_claims_cannot_replace_the_tokens_own(tokens: Tokens) -> None:
    assert tokens.verify(access(tokens, sub="1", exp=99999, typ="refresh"), "access", 1001)["sub"] == "7"


def test_a_verified_token_is_verified_again(tokens: Tokens) -> None:
    token = access(tokens)
    assert tokens.verify(token, "access", 1001) == tokens.verify(token, "access", 1002)


@pytest.mark.parametrize(("now", "good"), [(1899, True), (1900, False), (5000, False)])
def test_a_token_lives_until_its_end(tokens: Tokens, now: float, good: bool) -> None:
    token = access(tokens)
    tokens.verify(token, "access", 1000)
    if good:
        assert tokens.verify(token, "access", now)
        return
    with pytest.raises(TokenError, match="the token has expired"):
        tokens.verify(token, "access", now)


def test_a_token_of_the_future_is_good_for_the_clock_may_go_back(tokens: Tokens) -> None:
    assert tokens.verify(access(tokens), "access", 10)


@pytest.mark.parametrize(("issued", "asked"), [("refresh", "access"), ("access", "refresh")])
def test_one_use_is_not_accepted_for_the_other(tokens: Tokens, issued: Any, asked: Any) -> None:
    token = tokens.issue(issued, "7", "id-1", 1000, 900)
    with pytest.raises(TokenError, match=f"this is no {asked} token"):
        tokens.verify(token, asked, 1001)


def test_a_revoked_token_is_refused_even_after_it_was_verified(tokens: Tokens) -> None:
    token = access(tokens)
    tokens.revoke(tokens.verify(token, "access", 1001), 1001)
    with pytest.raises(TokenError, match="revoked or used before"):
        tokens.verify(token, "access", 1002)


def test_revoking_one_token_leaves_others(tokens: Tokens) -> None:
    tokens.revoke(tokens.verify(access(tokens), "access", 1001), 1001)
    assert tokens.verify(tokens.issue("access", "7", "id-2", 1000, 900), "access", 1002)


def test_a_token_of_another_key_is_refused(tokens: Tokens) -> None:
    with pytest.raises(TokenError, match="Signature verification failed"):
        tokens.verify(access(Tokens("o" * 32)), "access", 1001)


def test_a_token_with_another_payload_is_refused(tokens: Tokens) -> None:
    head, body, signature = access(tokens).split(".")
    claims = orjson.loads(base64.urlsafe_b64decode(body + "=="))
    with pytest.raises(TokenError, match="Signature verification failed"):
        tokens.verify(f"{head}.{part({**claims, 'sub': '1'})}.{signature}", "access", 1001)


CLAIMS = {"sub": "7", "jti": "x", "typ": "access", "exp": 1900}


@pytest.mark.parametrize(
    "token",
    [
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(CLAIMS)}.",
        f"{part({'alg': 'NONE'})}.{part(CLAIMS)}.",
        jwt.encode(CLAIMS, KEY * 2, algorithm="HS512"),
        jwt.encode(CLAIMS | {"exp": "soon"}, KEY, algorithm="HS256"),
        *(jwt.encode({name: value for name, value in CLAIMS.items() if name != left_out}, KEY, algorithm="HS256") for left_out in CLAIMS),
        jwt.encode(CLAIMS | {"sub": 7}, KEY, algorithm="HS256"),
        "",
        "abc",
        "a.b.c",
        "..",
        "\u00e9.\u00e9.\u00e9",
        f"{part([1])}.{part([1])}.x",
        f"{part({'alg': 'HS256'})}.{part(7)}.x",
        f"{part({'alg': 'HS256'})}.!!!.x",
        "a" * 100_000,
    ],
    ids=lambda token: token[:20] or "nothing",
)
def test_what_is_no_token_of_ours_is_refused(tokens: Tokens, token: str) -> None:
    with pytest.raises(TokenError) as refused:
        tokens.verify(token, "access", 1001)
    assert str(refused.value)


def test_many_tokens_are_remembered_but_not_all(tokens: Tokens) -> None:
    for number in range(CACHE + 5):
        tokens._verified[str(number)] = {}
    tokens.verify(access(tokens), "access", 1001)
    assert len(tokens._verified) == CACHE + 5


def test_revoked_tokens_are_forgotten_when_they_have_expired(tokens: Tokens) -> None:
    for number in range(CACHE + 1):
        tokens.revoke({"jti": number, "exp": 10}, 0)
    tokens.revoke({"jti": "last", "exp": 99}, 50)
    assert tokens.revoked == {"last": 99}
