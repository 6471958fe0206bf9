"""Where the guides are, and the small backend that the tracer's tests change."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

BACKEND = """
title: Boats
guide: boats.md
services: {api: {port: 7005}, live: {port: 7006}}
environment: ['BOATS_URL=http://localhost:{port:api}']
cors: {origins: ['http://localhost:7011']}
auth:
  collection: sailors
  login: mail
  password: secret
  access: {name: pass, lifetime: 1d, cookie: {name: pass, http_only: true, same_site: Lax, secure: https}}
"""
API = """
openapi: 3.1.0
servers: [{url: 'http://localhost:7005/api'}]
paths:
  /boats:
    get:
      x-guide: {file: boats.md, lines: [4, 6]}
      parameters: [{$ref: 'schemas.yaml#/components/parameters/Page'}]
      responses: {'200': {content: {application/json: {schema: {type: array, items: {$ref: 'schemas.yaml#/components/schemas/Boat'}}}}}}
  /boats/{id}:
    parameters: [{name: id, in: path}]
    get:
      responses: {'404': {headers: {Retry-After: {}}}}
  /doors/{colour}/open:
    post:
      parameters: [{name: colour, in: path, schema: {enum: [red, blue]}}]
      responses: {}
"""
SCHEMAS = """
components:
  parameters:
    Page: {name: page, in: query}
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Boat:
      x-guide: {file: boats.md, lines: [10, 12]}
      properties:
        hull: {type: string}
        kind: {enum: [sloop, ketch]}
        captain: {$ref: '#/components/schemas/Person'}
    Person: {properties: {name: {type: string}, boats: {items: {$ref: '#/components/schemas/Boat'}}}}
"""
LIVE = """
asyncapi: 3.0.0
servers:
  development: {host: 'localhost:7006', protocol: ws, x-socketio-auth: {properties: {pass: {}}}}
channels:
  board:
    address: /board
    bindings: {ws: {query: {properties: {seatId: {}}}}}
    messages: {seatTaken: {$ref: '#/components/messages/seatTaken'}}
components:
  messages:
    seatTaken: {name: seat-taken, x-guide: {file: boats.md, lines: [20, 22]}, payload: {properties: {price: {type: number}}}}
"""


@pytest.fixture
def guides(requires: Callable[..., None]) -> Path:
    """The folder of the guides, beside the repository or where UNDERSTUDY_GUIDES says."""
    folder = Path(os.environ.get("UNDERSTUDY_GUIDES") or REPOSITORY.parent / "shared" / "guides")
    if not folder.is_dir():
        requires("guides", f"no guides at {folder}; UNDERSTUDY_GUIDES names another folder")
    return folder


@pytest.fixture
def boats(tmp_path: Path) -> Path:
    """A backend of four files, without a ledger."""
    folder = tmp_path / "boats"
    folder.mkdir()
    files = {"backend.yaml": BACKEND, "api.openapi.yaml": API, "schemas.yaml": SCHEMAS, "live.asyncapi.yaml": LIVE}
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
