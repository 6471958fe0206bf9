"""Overlays: what they change, and what is said of wrong ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from understudy.contract import overlays
from understudy.contract.bundle import Bundle
from understudy.contract.errors import ContractError

Write = Callable[[dict[str, str]], Path]


def document() -> dict[str, Any]:
    return {
        "info": {"title": "Pets"},
        "tags": [{"name": "a"}],
        "paths": {"/pets": {"get": {"summary": "List"}, "post": {"summary": "Make"}}, "/pets/{id}": {"get": {"summary": "Read"}}},
    }


def applied(path: Path) -> Any:
    found = overlays.load_all([path])
    data = overlays.apply(found, Bundle("api.yaml", document()))
    overlays.refuse_unused(found)
    return data


def overlay(*actions: str) -> dict[str, str]:
    return {"o.yaml": "overlay: 1.0.0\ninfo: {title: t, version: '1'}\nactions:\n" + "".join(f"  - {action}\n" for action in actions)}


def test_an_update_merges_an_object(write: Write) -> None:
    data = applied(write(overlay("{target: $.info, update: {version: '2', contact: {name: us}}}")))
    assert data["info"] == {"title": "Pets", "version": "2", "contact": {"name": "us"}}


def test_an_update_reaches_deep_and_leaves_the_rest(write: Write) -> None:
    data = applied(write(overlay("{target: $, update: {paths: {/pets: {get: {summary: All}}}}}")))
    assert data["paths"]["/pets"] == {"get": {"summary": "All"}, "post": {"summary": "Make"}}


def test_an_update_adds_to_the_end_of_a_list(write: Write) -> None:
    data = applied(write(overlay("{target: $.tags, update: [{name: b}]}", "{target: $.tags, update: {name: c}}")))
    assert [tag["name"] for tag in data["tags"]] == ["a", "b", "c"]


def test_an_update_replaces_a_plain_value(write: Write) -> None:
    assert applied(write(overlay("{target: $.info.title, update: Toys}")))["info"]["title"] == "Toys"


def test_an_update_changes_everything_its_target_meets(write: Write) -> None:
    data = applied(write(overlay("{target: '$.paths.*.get', update: {deprecated: true}}")))
    assert [item["get"]["deprecated"] for item in data["paths"].values()] == [True, True]


def test_a_filter_chooses(write: Write) -> None:
    data = applied(write(overlay("""{target: "$.paths['/pets'][?@.summary == 'Make']", update: {summary: Made}}""")))
    assert data["paths"]["/pets"]["post"]["summary"] == "Made"


def test_a_removal_takes_away_what_its_target_meets(write: Write) -> None:
    data = applied(write(overlay("{target: '$.paths[*].get', remove: true}")))
    assert data["paths"] == {"/pets": {"post": {"summary": "Make"}}, "/pets/{id}": {}}


def test_a_removal_takes_several_items_of_one_list(write: Write) -> None:
    data = applied(write(overlay("{target: $.tags, update: [{name: b}, {name: c}]}", "{target: '$.tags[0,2]', remove: true}")))
    assert data["tags"] == [{"name": "b"}]


def test_what_two_places_got_is_removed_from_each(write: Write) -> None:
    data = applied(write(overlay("{target: '$.paths.*.get', update: {x: {a: 1}}}", "{target: '$.paths.*.get.x.a', remove: true}")))
    assert [item["get"]["x"] for item in data["paths"].values()] == [{}, {}]


def test_actions_are_taken_in_order(write: Write) -> None:
    data = applied(write(overlay("{target: $.info, update: {x: 1}}", "{target: $.info.x, remove: true}")))
    assert data["info"] == {"title": "Pets"}


def test_the_document_itself_is_left_alone(write: Write) -> None:
    before = document()
    overlays.apply(overlays.load_all([write(overlay("{target: $.info, update: {x: 1}}"))]), Bundle("api.yaml", before))
    assert before == document()


def test_without_overlays_the_document_is_the_same_object() -> None:
    before = document()
    assert overlays.apply([], Bundle("api.yaml", before)) is before


def test_a_target_that_one_of_two_documents_has_is_used(write: Write) -> None:
    found = overlays.load_all([write(overlay("{target: $.info, update: {x: 1}}"))])
    overlays.apply(found, Bundle("a.yaml", {}))
    overlays.apply(found, Bundle("b.yaml", document()))
    overlays.refuse_unused(found)


WHOLE = "o.yaml:4: The whole document can't be removed or replaced; update it with a mapping."
WRONG = {
    "no overlay": ({"o.yaml": "openapi: 3.1.0"}, "o.yaml:1: An overlay begins with 'overlay: 1.0.0'."),
    "a list": ({"o.yaml": "[1]"}, "o.yaml:1: An overlay begins with 'overlay: 1.0.0'."),
    "another version": ({"o.yaml": "overlay: 2.0.0\nactions: [{target: $}]"}, "o.yaml:1: An overlay begins with 'overlay: 1.0.0'."),
    "no actions": ({"o.yaml": "overlay: 1.0.0\n"}, "o.yaml:1: An overlay has a list of 'actions'."),
    "empty actions": ({"o.yaml": "overlay: 1.0.0\nactions: []"}, "o.yaml:2: An overlay has a list of 'actions'."),
    "an action that is a text": (overlay("remove"), "o.yaml:4: An action has a 'target', a JSONPath."),
    "an action without target": (overlay("{target: $.info, update: {}}", "{update: {}}"), "o.yaml:5: An action has a 'target', a JSONPath."),
    "a wrong word": (overlay("{target: $.info, updat: {}}"), "o.yaml:4: 'updat' is no word of an action. Did you mean 'update'?"),
    "a wrong JSONPath": (overlay("{target: '$.info[', update: {}}"), "o.yaml:4: target '$.info[' is no JSONPath: "),
    "no JSONPath": (overlay("{target: info, update: {}}"), "o.yaml:4: target 'info' is no JSONPath: "),
    "a wrong JSONPath in the second action": (
        overlay("{target: $.info, update: {}}", "{target: '$.paths./pest', update: {}}"),
        "o.yaml:5: target '$.paths./pest' is no JSONPath: ",
    ),
    "a target that meets nothing": (overlay("{target: '$.paths[\"/pest\"]', update: {}}"), "o.yaml:4: target '$.paths[\"/pest\"]' meets nothing"),
    "the whole document removed": (overlay("{target: $, remove: true}"), WHOLE),
    "the whole document replaced by a text": (overlay("{target: $, update: text}"), WHOLE),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_overlay_is_told(write: Write, case: str) -> None:
    texts, sentence = WRONG[case]
    path = write(texts)
    with pytest.raises(ContractError) as refused:
        applied(path)
    assert sentence in str(refused.value).replace(f"{path.parent}/", "")


def test_an_extension_of_an_action_is_taken(write: Write) -> None:
    assert applied(write(overlay("{target: $.info, description: why, x-ours: 1, update: {x: 1}}")))["info"]["x"] == 1
