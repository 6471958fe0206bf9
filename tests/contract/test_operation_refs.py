"""An operation that stands in another file is put in its place, as path items are."""

from pathlib import Path

from understudy.contract.reader import read


def test_an_operation_may_stand_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(
        "openapi: 3.0.0\ninfo: {title: Rows, version: '1'}\npaths:\n  /rows:\n    get: {$ref: 'routes.yaml#/list'}\n", encoding="utf-8"
    )
    (tmp_path / "routes.yaml").write_text("list: {operationId: listRows, responses: {'200': {description: ok}}}\n", encoding="utf-8")
    (operation,) = read(str(tmp_path / "api.yaml")).operations
    assert (operation.id, operation.place.file.endswith("routes.yaml")) == ("listRows", True)
