"""A request that breaks a rule is told which field and which rule: one case for each rule that the engine has words for."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from mock_server.engine.violations import RULES

from .driver import HERE, Client, engine_of, headers_of

CASES: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "violations" / "cases.yaml").read_text(encoding="utf-8"))


def document(schema: Any) -> dict[str, Any]:
    """A document with one operation that takes a field `thing`."""
    body = {"type": "object", "properties": {"thing": schema, "other": {"type": "string"}}, "required": ["other"]}
    answer = {"200": {"description": "Good", "content": {"application/json": {"schema": {"type": "object"}}}}}
    operation = {"operationId": "send", "x-behavior": {"do": "reply", "reply": {"ok": "true"}}, "responses": answer}
    content = {"content": {"application/json": {"schema": body}}}
    return {"openapi": "3.1.0", "info": {"title": "Rules", "version": "1"}, "paths": {"/things": {"post": {**operation, "requestBody": content}}}}


@pytest.mark.parametrize("name", CASES)
def test_a_violation_names_field_and_rule(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(document(case["schema"])), encoding="utf-8")
    answer = Client(engine_of(file), "", checked=False).send("POST /things", {"thing": case["thing"], "other": "x"})
    assert answer.status == 400, answer.body
    first = json.loads(headers_of(answer)["understudy-violations"])[0]
    assert (first["pointer"], first["rule"], first["message"]) == (case.get("pointer", "/body/thing"), case.get("rule", name), case["says"])
    assert first.get("expected") == case.get("expected")
    assert json.loads(answer.body) == {"error": "Bad Request", "message": case["says"]}


def test_every_rule_with_words_of_its_own_has_a_case() -> None:
    assert RULES.keys() <= {case.get("rule", name) for name, case in CASES.items()}


def test_all_violations_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(yaml.safe_dump(document({"type": "integer"})), encoding="utf-8")
    found = headers_of(Client(engine_of(file), "", checked=False).send("POST /things", {"thing": "x"}))["understudy-violations"]
    assert sorted(item["pointer"] for item in json.loads(found)) == ["/body/other", "/body/thing"]
