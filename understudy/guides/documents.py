"""A backend's documents as plain trees, and an index of what they declare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import yaml

from understudy.guides.ledger import FILE

__all__ = ["BACKEND", "Documents", "Endpoint", "Node", "descend", "open_documents"]

Node: TypeAlias = dict[str, Any]
METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
BACKEND = "backend.yaml"


@dataclass(frozen=True)
class Endpoint:
    """An operation of an OpenAPI document; `base` is its server's path, `ports` those of its servers."""

    file: str
    method: str
    path: str
    base: str
    ports: frozenset[int]
    node: Node
    shared: tuple[Any, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.file}: {self.method} {self.path}"


@dataclass(frozen=True)
class Documents:
    """`files` are the OpenAPI, AsyncAPI and shared documents by name; `backend` is backend.yaml."""

    folder: Path
    backend: Node
    files: dict[str, Node]

    def resolve(self, node: Any, file: str) -> tuple[Any, str]:
        """Follow `$ref`s; a reference that leads nowhere is an empty node."""
        for _ in range(20):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                break
            path, _, pointer = node["$ref"].partition("#")
            file = _beside(file, path) if path else file
            node = _point(self.files.get(file, {}), pointer)
        return node, file

    def walk(self) -> list[tuple[str, tuple[str, ...], Any]]:
        """Every node of every document: file, keys down to it, node."""
        return self._nodes

    @cached_property
    def _nodes(self) -> list[tuple[str, tuple[str, ...], Any]]:
        return [(file, keys, node) for file, tree in self.files.items() for keys, node in descend(tree, ())]

    @cached_property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return tuple(each for file, tree in self.files.items() for each in self._endpoints(file, tree))

    def _endpoints(self, file: str, tree: Node) -> Iterator[Endpoint]:
        base, ports = self._servers(file, tree)
        for path, raw in (tree.get("paths") or {}).items():
            item, at = self.resolve(raw, file)
            for method in METHODS:
                if isinstance(item, dict) and isinstance(item.get(method), dict):
                    shared = tuple(item.get("parameters", ()))
                    own = self._servers(at, item) if "servers" in item else (base, ports)
                    yield Endpoint(at, method.upper(), path, own[0], own[1] or ports, item[method], shared)

    def _servers(self, file: str, tree: Node) -> tuple[str, frozenset[int]]:
        urls = [urlsplit(each["url"]) for each in tree.get("servers") or () if isinstance(each, dict) and "url" in each]
        service = (self.backend.get("services") or {}).get(file.split(".")[0]) or {}
        ports = {port for url in urls if (port := _port(url.netloc))} or {service.get("port", 0)} - {0}
        return (urls[0].path.rstrip("/") if urls else ""), frozenset(ports)

    @cached_property
    def servers(self) -> frozenset[str]:
        """The URLs of all servers."""
        found: set[str] = set()
        for _, keys, node in self.walk():
            if isinstance(node, dict) and "servers" in keys[-3:]:
                found |= {_address(node)} - {""}
        return frozenset(found)

    @cached_property
    def messages(self) -> tuple[tuple[str, str, Node], ...]:
        """Name, file and node of every AsyncAPI message, once."""
        found: dict[int, tuple[str, str, Node]] = {}
        for file, keys, raw in self.walk():
            if len(keys) > 1 and keys[-2] == "messages" and isinstance(raw, dict):
                node, at = self.resolve(raw, file)
                if isinstance(node, dict):
                    found.setdefault(id(node), (str(node.get("name", keys[-1])), at, node))
        return tuple(found.values())

    @cached_property
    def channels(self) -> tuple[tuple[str, str, Node], ...]:
        """Address, file and node of every AsyncAPI channel."""
        found = []
        for file, tree in self.files.items():
            for raw in (tree.get("channels") or {}).values() if "asyncapi" in tree else ():
                node, at = self.resolve(raw, file)
                if isinstance(node, dict):
                    found.append((str(node.get("address") or "/"), at, node))
        return tuple(found)

    @cached_property
    def schemas(self) -> dict[str, tuple[str, Node]]:
        """Component schemas by name."""
        found: dict[str, tuple[str, Node]] = {}
        for file, tree in self.files.items():
            for name, node in ((tree.get("components") or {}).get("schemas") or {}).items():
                found.setdefault(name, (file, node))
        return found

    def properties(self, node: Any, file: str) -> dict[str, list[tuple[Any, str]]]:
        """All properties below a node, through references: name to schemas, each with its file."""
        found: dict[str, list[tuple[Any, str]]] = {}
        self._collect(node, file, found, set())
        return found

    def _collect(self, node: Any, file: str, found: dict[str, list[tuple[Any, str]]], seen: set[int]) -> None:
        node, file = self.resolve(node, file)
        if not isinstance(node, dict | list) or id(node) in seen:
            return
        seen.add(id(node))
        properties = node.get("properties") if isinstance(node, dict) else None
        for name, schema in properties.items() if isinstance(properties, dict) else ():
            found.setdefault(str(name), []).append(self.resolve(schema, file))
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            if key not in ("example", "examples", "x-behavior"):
                self._collect(child, file, found, seen)

    @cached_property
    def everywhere(self) -> dict[str, str]:
        """Property name to the first place that declares it."""
        found: dict[str, str] = {}
        for file, keys, node in self.walk():
            if keys[-1:] == ("properties",) and isinstance(node, dict):
                for name in node:
                    found.setdefault(str(name), f"{file}: {_short(keys[:-1])}.{name}")
        return found

    @cached_property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Every string of the documents and of backend.yaml, keys included, with its place."""
        nodes = [*self.walk(), *((BACKEND, keys, node) for keys, node in descend(self.backend, ()))]
        found = [(str(key), f"{file}: {_short((*keys, str(key)))}") for file, keys, node in nodes if isinstance(node, dict) for key in node]
        return (*found, *((node, f"{file}: {_short(keys)}") for file, keys, node in nodes if isinstance(node, str)))


def open_documents(folder: Path) -> Documents:
    """Read a backend's folder: its documents, what they refer to, and backend.yaml."""
    backend = _load(folder / BACKEND) if (folder / BACKEND).exists() else {}
    files: dict[str, Node] = {}
    names = sorted(path.name for path in folder.glob("*.yaml") if path.name not in (BACKEND, FILE))
    while names:
        name = names.pop(0)
        if name not in files and (folder / name).is_file():
            files[name] = _load(folder / name)
            names += sorted(_referred(name, files[name]))
    return Documents(folder, backend, files)


def _load(path: Path) -> Node:
    with path.open(encoding="utf-8") as stream:  # the stream's name stands in a syntax error
        tree = yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return tree if isinstance(tree, dict) else {}


def _referred(file: str, tree: Node) -> set[str]:
    refs = {node["$ref"].partition("#")[0] for _, node in descend(tree, ()) if isinstance(node, dict) and isinstance(node.get("$ref"), str)}
    return {_beside(file, ref) for ref in refs if ref and "://" not in ref}


def _beside(file: str, path: str) -> str:
    """A path relative to a file of the folder, without `.` and with `..` only in front."""
    parts: list[str] = file.split("/")[:-1]
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _point(tree: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/") if pointer.strip("/") else ():
        key = part.replace("~1", "/").replace("~0", "~")
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree if tree is not None else {}


def descend(node: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """A node and all below it, each with the keys that lead there."""
    yield keys, node
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from descend(child, (*keys, str(key)))


def _address(server: Node) -> str:
    """The URL of an OpenAPI server; of an AsyncAPI server protocol, host and pathname."""
    if "host" in server:
        return f"{server.get('protocol', '')}://{server['host']}{server.get('pathname', '')}".rstrip("/")
    return str(server.get("url", "")).rstrip("/")


def _port(netloc: str) -> int:
    match = re.search(r":(\d+)$", netloc)
    return int(match[1]) if match else 0


def _short(keys: tuple[str, ...]) -> str:
    """Keys for people: without `components/schemas` and the like."""
    dull = {"components", "schemas", "properties", "paths", "content", "application/json", "schema"}
    return ".".join(key for key in keys if key not in dull)
