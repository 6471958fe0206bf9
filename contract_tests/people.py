"""Who signs in at the target: those that were given, else the accounts of the contract, else ones that the API itself registers."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from contract_tests.checks import NotChecked
from contract_tests.exchange import Exchange
from contract_tests.shapes import find_key, payload
from contract_tests.timing import ticks
from understudy.contract import schemas
from understudy.contract.errors import UsageError
from understudy.contract.model import Operation, Security

if TYPE_CHECKING:
    from contract_tests.session import Session

__all__ = ["People", "Person", "access_in", "cookies_of", "refresh_in"]

JWT = re.compile(r"^[\w-]{8,}\.[\w-]{8,}\.[\w-]*$")
ACCESS = ("access_token", "accesstoken", "token", "access", "jwt", "id_token", "authtoken")
REFRESH = ("refresh_token", "refreshtoken", "refresh")
RENEWAL = 20.0  # seconds before somebody signs in again by themselves
ENOUGH = 2  # people that are registered for each role
PASSWORD = "Checked-Passw0rd"


@dataclass
class Person:
    """Somebody who can sign in. token, refresh: as last issued; cookies: name -> value, carried by hand; row: what the target says of them."""

    login: str
    password: str = ""
    role: str | None = None
    token: str | None = None
    refresh: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    row: dict[str, Any] = field(default_factory=dict)
    key: Any = None
    made: bool = False
    session: Exchange | None = None

    def __str__(self) -> str:
        return f"{self.login}{f' ({self.role})' if self.role else ''}"


class People:
    """The identities of a run. Nobody signs in before they are needed."""

    def __init__(self, session: "Session") -> None:
        self.session = session
        self.settings = session.contract.settings.get("auth") or {}
        self.login_operation = self._find("login")
        self.register_operation = self._find("register")
        self.failures: list[str] = []
        self.logins: list[Exchange] = []
        self._everyone: list[Person] | None = None
        self._renewals: dict[str, tuple[float, float]] = {}

    def _find(self, do: str) -> Operation | None:
        return next((item for item in self.session.contract.operations if item.behavior.do == do), None) or self._guess(do)

    def _guess(self, do: str) -> Operation | None:
        """The operation of a document without behaviour that looks like one that signs in or up."""
        words = {"login": ("login", "signin", "sign-in", "token", "authenticate"), "register": ("register", "signup", "sign-up")}[do]
        posts = [item for item in self.session.contract.operations if item.method == "POST" and "{" not in item.path]
        return next((item for item in posts if item.path.rstrip("/").rsplit("/", 1)[-1].lower() in words), None)

    @property
    def everyone(self) -> list[Person]:
        """All who could sign in, in the order in which they were given."""
        if self._everyone is None:
            self._everyone = []
            self._everyone = list(self._gather())
        return self._everyone

    def _gather(self) -> Iterator[Person]:
        options = self.session.options
        if options.auth:
            given = [self._given(text) for text in options.auth]
            yield from (person for person in given if person.token or self._is_basic(person) or self.sign_in(person))
            return
        yield from self._by_headers()
        found = [person for person in self._accounts() if self.sign_in(person)]
        yield from found
        if self.register_operation and options.register and not options.read_only:
            yield from self._registered(found)

    def _given(self, text: str) -> Person:
        """`[role=]login:password`, or `[role=]bearer:TOKEN`."""
        role, sep, rest = text.partition("=")
        role, rest = (role, rest) if sep and ":" not in role else ("", text)
        login, colon, password = rest.partition(":")
        if not colon or not login or not password:
            raise UsageError("--auth: this is no '[ROLE=]LOGIN:PASSWORD' or '[ROLE=]bearer:TOKEN'.")
        person = Person(login, password, role or None)
        if login == "bearer":
            person = Person(f"bearer {role}".strip(), "", role or None, token=password)
            self._learn(person)
        return person

    def _ways(self) -> Iterator[Security]:
        """The ways to sign in that the contract has."""
        yield from dict.fromkeys(way for item in self.session.contract.operations for way in item.security)

    def _is_basic(self, person: Person) -> bool:
        """Whether nobody signs in, since name and password go with each request."""
        return self.login_operation is None and bool(person.password) and any(way.where == "basic" for way in self._ways())

    def _by_headers(self) -> Iterator[Person]:
        """Whoever `--header` gives the credential of: it is theirs from now on, so that requests without it can be made as well."""
        given = {name.lower(): (name, value) for name, value in self.session.client.headers.items()}
        for way in self._ways():
            name, value = given.get("authorization" if way.where == "bearer" else way.name.lower() if way.where == "header" else "", ("", ""))
            token = value.removeprefix("Bearer ") if way.where == "bearer" else value
            if token and (way.where == "header" or token != value):
                del self.session.client.headers[name]
                person = Person(f"the {name} of --header", token=token)
                self._learn(person)
                yield person
                return

    def _accounts(self) -> Iterator[Person]:
        name = self.settings.get("login")
        for account in self.session.contract.settings.get("accounts") or ():
            if isinstance(name, str) and account.get(name):
                yield Person(str(account[name]), str(account.get("password", "")), account.get(self.settings.get("role", "role")))

    def _registered(self, found: list[Person]) -> Iterator[Person]:
        """New accounts where there are fewer than two of a role that can be registered."""
        assert self.register_operation is not None
        for role in self._roles():
            have = sum(1 for person in found if role is None or person.role == role)
            for _ in range(max(0, ENOUGH - have)):
                person = self.register(role)
                if person is not None:
                    yield person

    def _roles(self) -> list[str | None]:
        name = self.settings.get("role", "role")
        node = self._body_properties(self.register_operation).get(name)
        document = self.register_operation.bundle.data if self.register_operation else {}
        found = schemas.follow(document, node).get("enum") if node is not None else None
        return list(found) if isinstance(found, list) and found else [None]

    def _body_properties(self, operation: Operation | None) -> dict[str, Any]:
        media = next((item for kind, item in operation.bodies.items() if schemas.is_json(kind)), None) if operation else None
        return schemas.properties(operation.bundle.data, media.schema) if operation and media and media.schema else {}

    def register(self, role: str | None = None) -> Person | None:
        """Somebody new, signed in; None where the target refuses them."""
        operation = self.register_operation
        if operation is None:
            return None
        request = self.session.samples.request(operation, None)
        body = dict(request.body) if isinstance(request.body, dict) else {}
        login_name, password_name = self.names(operation)
        tag = self.session.chance.text(10)
        login = f"check-{tag}@example.com"
        body[login_name], body[password_name] = login, PASSWORD
        body |= {name: f"check{tag}" for name in body if name.lower() in ("username", "handle", "nickname") and name != login_name}
        body |= {name: login for name in body if name.lower() == "email"}
        if role is not None:
            body[self.settings.get("role", "role")] = role
        answer = self.session.call(operation, body=body)
        if not answer.ok:
            self.failures.append(f"{operation.id} answered {answer.status} to a new account")
            return None
        person = Person(login, PASSWORD, role, made=True)
        self.session.created.append(f"account {login}")
        self._keep(person, operation, answer)
        return person if person.token or self.sign_in(person) else None

    def names(self, operation: Operation) -> tuple[str, str]:
        """The body fields of login name and password."""
        properties = self._body_properties(operation)
        login = self.settings.get("login") or next((name for name in ("email", "username", "login", "user") if name in properties), "email")
        password = self.settings.get("password") or next((name for name in properties if "password" in name.lower()), "password")
        return str(login), str(password)

    def sign_in(self, person: Person) -> bool:
        """Signs somebody in; False where that fails, which is remembered."""
        operation = self.login_operation
        if operation is None:
            return False
        login, password = self.names(operation)
        answer = self.session.call(operation, body={login: person.login, password: person.password})
        self.logins.append(answer)
        if not answer.ok:
            self.failures.append(f"{operation.id} answered {answer.status} to {person.login}")
            return False
        self._keep(person, operation, answer)
        if person.token is None and not person.cookies:
            self.failures.append(f"{operation.id} gave no token to {person.login}")
        return person.token is not None or bool(person.cookies)

    def _keep(self, person: Person, operation: Operation, answer: Exchange) -> None:
        person.session = answer
        person.cookies |= cookies_of(answer)
        value = payload(self.session.contract, operation, answer.json)
        person.token = access_in(value, str((self.settings.get("access") or {}).get("name", ""))) or person.token
        person.refresh = refresh_in(value, str((self.settings.get("refresh") or {}).get("name", ""))) or person.refresh
        self._learn(person, value)

    def _learn(self, person: Person, value: Any = None) -> None:
        """Who they are: the row in a login's answer, else the subject of the token."""
        key = self.key_name
        inner = value.get("user") if isinstance(value, dict) else None
        row = inner if isinstance(inner, dict) else value if isinstance(value, dict) and key in value else None
        if row is not None:
            person.row = row
            person.key = row.get(key, row.get("id"))
            person.role = person.role or row.get(self.settings.get("role", "role"))
        if person.key is None and person.token:
            person.key = _subject(person.token)

    @property
    def key_name(self) -> str:
        """The field that identifies an account."""
        collection = self.session.contract.collections.get(str(self.settings.get("collection", "")))
        return collection.key if collection else "id"

    def again(self, person: Person) -> Person:
        """The same account, signed in once more: a session of its own."""
        copy = Person(person.login, person.password, person.role, made=person.made)
        if not person.password or not self.sign_in(copy):
            raise NotChecked(f"{person.login} can't sign in a second time")
        return copy

    def row_now(self, person: Person) -> dict[str, Any]:
        """What the target says of somebody now: their profile, else what signing in once more tells. {} where it tells nothing."""
        me = next((item for item in self.session.contract.operations if item.behavior.do == "me"), None)
        if me is not None:
            answer = self.session.call(me, person)
            inner = payload(self.session.contract, me, answer.json) if answer.ok else None
            return dict(inner) if isinstance(inner, dict) else {}
        try:
            return self.again(person).row
        except NotChecked:
            return {}

    def renewed(self, person: Person) -> bool:
        """Signs one of those who check in once more, because their token may be over: seldom, for what is refused is mostly meant."""
        known = self._everyone is not None and any(item is person for item in self._everyone)
        at, moved = self._renewals.get(person.login, (-RENEWAL, 0.0))
        if not known or not person.password or (ticks() - at < RENEWAL and moved == self.session.steering.moved):
            return False
        self._renewals[person.login] = (ticks(), self.session.steering.moved)
        return self.sign_in(person)

    def first(self, roles: Iterable[str] = (), skip: Iterable[Person] = ()) -> Person:
        """The first who has one of the roles (any, where none is named); raises NotChecked."""
        wanted, without = tuple(roles), list(skip)
        found = next((item for item in self.everyone if item not in without and (not wanted or item.role in wanted)), None)
        if found is None:
            others = " other than those already used" if without else ""
            why = f" ({self.failures[0]})" if self.failures and not self.everyone else ""
            raise NotChecked(f"nobody{others}{f' with the role {chr(47).join(wanted)}' if wanted else ''} can sign in{why}; give --auth")
        return found

    def for_operation(self, operation: Operation) -> Person | None:
        """Who may call an operation: nobody where it needs nobody. Raises NotChecked."""
        roles = operation.behavior.get("roles") or ()
        if not operation.security:
            return None
        return self.first(roles)

    def for_trial(self, operation: Operation) -> Person | None:
        """Who may call an operation that might shut its caller out: somebody made for it. Raises NotChecked."""
        if operation.behavior.do != "logout" and not (operation.behavior.do == "update" and self.shuts_out(operation)):
            return self.for_operation(operation)
        made = self.register() if self.session.options.register else None
        if made is None:
            raise NotChecked(f"{operation.id} would shut out those who check, and nobody new can be registered")
        return made

    def shuts_out(self, operation: Operation) -> bool:
        """Whether an operation changes what its caller signs in with."""
        own = operation.behavior.collection == self.settings.get("collection") and str(operation.behavior.get("key", "")).startswith("user.")
        return own and str(self.settings.get("stored", "passwordHash")) in (operation.behavior.get("set") or {})

    def others(self, person: Person, same_role: bool = True) -> Person:
        """Somebody else, of the same role if there is one."""
        if same_role and person.role is not None:
            try:
                return self.first([person.role], [person])
            except NotChecked:
                pass
        return self.first((), [person])


def access_in(value: Any, name: str = "") -> str | None:
    """The access token in an answer, wherever it stands."""
    exact = value.get(name) if isinstance(value, dict) and name else None
    found = exact if isinstance(exact, str) else find_key(value, tuple(filter(None, (name, *ACCESS))))
    if isinstance(found, dict):
        found = find_key(found, ("token", *ACCESS))
    return found if isinstance(found, str) and found else _any_jwt(value)


def refresh_in(value: Any, name: str = "") -> str | None:
    """The refresh token in an answer, wherever it stands."""
    found = find_key(value, tuple(filter(None, (name, *REFRESH))))
    return found if isinstance(found, str) and found else None


def _any_jwt(value: Any, depth: int = 4) -> str | None:
    if isinstance(value, str):
        return value if JWT.match(value) else None
    if depth and isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return next((found for item in items if (found := _any_jwt(item, depth - 1))), None)
    return None


def cookies_of(answer: Exchange) -> dict[str, str]:
    """The cookies that an answer sets; those that it clears are empty."""
    pairs = (line.split(";", 1)[0].partition("=") for line in answer.header_list("set-cookie"))
    return {name.strip(): value.strip() for name, _, value in pairs if value.strip()}


def _subject(token: str) -> Any:
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, IndexError):
        return None
    subject = claims.get("sub", claims.get("userId", claims.get("id"))) if isinstance(claims, dict) else None
    return int(subject) if isinstance(subject, str) and subject.isdigit() else subject
