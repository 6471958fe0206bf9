"""Tokens that are taken though they are not good, or stay good though they are dead."""

import base64
import json
from datetime import datetime
from typing import Any

import jwt
import pyotp

from mock_server.state.tokens import TokenError
from mock_server.state.world import World

from .planting import mutant
from .plot import Asked, Plot
from .site import Site, claims_of, jwt_part

USER = "user@example.com"


@mutant(
    "platng-refresh-token-taken-for-access", "N8", "security", "getProfile", "162-164",
    "A refresh token opens what needs an access token.",
)  # fmt: skip
def refresh_opens(plot: Plot) -> None:
    plot.worlds(_takes_either)


def _takes_either(world: World) -> None:
    verify = world.tokens.verify

    def verified(token: str, use: Any, now: float) -> dict[str, Any]:
        try:
            return verify(token, use, now)
        except TokenError:
            if use == "refresh":
                raise
            return verify(token, "refresh", now)

    world.tokens.verify = verified  # type: ignore[method-assign]


@refresh_opens.shown
def _(site: Site) -> bool:
    return site.get("/api/v1/auth/profile", token=site.session(USER)["refresh_token"]).status == 200


@mutant(
    "platng-refresh-token-used-twice", "N8", "security", "refreshSession", "158-160",
    "A refresh token that was exchanged can be exchanged again.",
)  # fmt: skip
def used_twice(plot: Plot) -> None:
    plot.setting("auth.refresh.rotate", False)


@used_twice.shown
def _(site: Site) -> bool:
    token = {"refresh_token": site.session(USER)["refresh_token"]}
    return [site.post("/api/v1/auth/refresh", token).status for _ in range(2)] == [200, 200]


@mutant(
    "eventplatform-expired-token-accepted", "N8", "security", "getCurrentUser", "854-855",
    "Nobody looks at the end of a token: an expired one still opens everything.",
)  # fmt: skip
def expired(plot: Plot) -> None:
    plot.worlds(_forgets_ends)


def _forgets_ends(world: World) -> None:
    tokens = world.tokens

    def verified(token: str, use: Any, now: float) -> dict[str, Any]:
        claims = tokens._decode(token)
        if claims["typ"] != use or claims["jti"] in tokens.revoked:
            raise TokenError("no good")
        return claims

    tokens.verify = verified  # type: ignore[method-assign]


@expired.shown
def _(site: Site) -> bool:
    token = site.token(USER)
    site.advance(86_500)
    return site.get("/api/user", token=token).status == 200


@mutant(
    "savebucks-unsigned-token-accepted", "N8", "security", "getUserProfile", "260-265",
    "A token whose header says `alg: none` is taken without a signature.",
)  # fmt: skip
def unsigned(plot: Plot) -> None:
    plot.worlds(_takes_unsigned)


def _takes_unsigned(world: World) -> None:
    decode = world.tokens._decode

    def decoded(token: str) -> dict[str, Any]:
        head, _, rest = token.partition(".")
        try:
            algorithm = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["alg"]
        except (ValueError, KeyError, TypeError):
            algorithm = ""
        if str(algorithm).lower() != "none" or not rest:
            return decode(token)
        return _as_issued(claims_of(token))

    world.tokens._decode = decoded  # type: ignore[method-assign]


def _as_issued(claims: dict[str, Any]) -> dict[str, Any]:
    return {"typ": "access", "jti": "forged", "exp": 1e11, **claims}


@unsigned.shown
def _(site: Site) -> bool:
    claims = claims_of(site.token(USER))
    return site.get("/api/users/1", token=f"{jwt_part({'alg': 'none', 'typ': 'JWT'})}.{jwt_part(claims)}.").status == 200


@mutant(
    "watchparty-signature-not-verified", "N8", "security", "listParties", "9-9",
    "Tokens are read but their signature is not verified: one that was changed, or signed by another key, is good.",
)  # fmt: skip
def unverified(plot: Plot) -> None:
    plot.worlds(_reads_only)


def _reads_only(world: World) -> None:
    def decoded(token: str) -> dict[str, Any]:
        try:
            return _as_issued(jwt.decode(token, options={"verify_signature": False, "verify_exp": False}))
        except jwt.PyJWTError as error:
            raise TokenError(str(error)) from None

    world.tokens._decode = decoded  # type: ignore[method-assign]


@unverified.shown
def _(site: Site) -> bool:
    token = jwt.encode(claims_of(site.token(USER)), "a key of somebody else, long enough for it", algorithm="HS256")
    return site.get("/api/parties/", token=token).status == 200


@mutant(
    "cliick-token-lives-after-logout", "N8", "security", "logout", "22-22",
    "Signing out clears the cookies, but the tokens stay good.",
)  # fmt: skip
def after_logout(plot: Plot) -> None:
    plot.around(_keeps_tokens)


def _keeps_tokens(asked: Asked, answer: Any) -> Any:
    kept = dict(asked.world.tokens.revoked)
    response = answer()
    if asked.operation is not None and asked.operation.id == "logout":
        asked.world.tokens.revoked = kept
    return response


@after_logout.shown
def _(site: Site) -> bool:
    token = site.session("test@example.com")["accessToken"]
    site.post("/api/auth/logout", token=token)
    return site.get("/api/auth/me", token=token).status == 200


@mutant(
    "watchparty-one-time-code-used-twice", "N8 N10", "security", "verifySecondFactor", "49-49",
    "A one-time code signs in a second time.",
)  # fmt: skip
def code_twice(plot: Plot) -> None:
    plot.words("verifySecondFactor", creates=None)


@code_twice.shown
def _(site: Site) -> bool:
    now = site.get("/__admin/clock").json["now"]
    code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(_seconds(now))
    return [_second_factor(site, code) for _ in range(2)] == [200, 200]


def _second_factor(site: Site, code: str) -> int:
    ticket = site.login("twofactor@example.com").json["ticket"]
    return site.post("/api/auth/verify-2fa/", {"ticket": ticket, "code": code}).status


def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())


@mutant(
    "savebucks-suspended-user-stays-in", "N8", "security", "updateUserStatus", "555-555",
    "Suspending an account has no effect: it signs in as before.",
)  # fmt: skip
def suspended(plot: Plot) -> None:
    plot.setting("auth.active", None)


@suspended.shown
def _(site: Site) -> bool:
    site.put("/api/admin/users/2/status", {"status": "suspended"}, by="admin@example.com")
    return site.login("second@example.com").status == 200
