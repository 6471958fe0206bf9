"""OpenAPI documents are valid by the standard (openapi-spec-validator, of the extra `check`)."""

from collections.abc import Iterator
from typing import Any

from understudy.contract import documents
from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source

__all__ = ["check", "is_installed"]


def is_installed() -> bool:
    """Whether openapi-spec-validator is there."""
    try:
        import openapi_spec_validator
    except ImportError:
        return False
    return bool(openapi_spec_validator)


def check(source: Source) -> bool:
    """Reports what the standard forbids; whether all documents have the shape that the standard demands."""
    sound = True
    for sheet in source.of_kind("openapi"):
        version = str(sheet.data.get("openapi", ""))
        if not version.startswith(("3.0", "3.1")):
            source.faults.append(at(sheet.bundle, "/openapi", f"An OpenAPI document names its version, 3.0 or 3.1; found '{version}'."))
            sound = False
        elif is_installed():
            errors = list(_errors(sheet, version))
            source.faults += [fault for fault, _ in errors]
            sound = sound and all(fine for _, fine in errors)
    return sound


def _errors(sheet: Sheet, version: str) -> Iterator[tuple[Fault, bool]]:
    """Faults, and whether the document's shape is sound all the same."""
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
    from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

    validator: Any = OpenAPIV30SpecValidator if version.startswith("3.0") else OpenAPIV31SpecValidator
    for error in validator(sheet.data).iter_errors():
        closest = _closest(error)
        pointer = "".join(documents.pointer_of(str(part)) for part in closest.absolute_path)
        message = closest.message if len(closest.message) < 300 else f"{closest.message[:120]} ... {closest.message[-120:]}"
        yield at(sheet.bundle, pointer, f"{_named(pointer)}{message}{'' if message.endswith('.') else '.'}"), isinstance(error, OpenAPIValidationError)


def _closest(error: Any) -> Any:
    """Of an error with alternatives, the one that lies deepest."""
    while error.context:
        error = max(error.context, key=lambda item: (len(item.absolute_path), item.validator != "required" or "$ref" not in item.message))
    return error


def _named(pointer: str) -> str:
    parts = documents.pointer_parts(pointer)
    if parts[:1] == ["paths"] and len(parts) > 2:
        return f"{parts[2].upper()} {parts[1]}: "
    return f"{'.'.join(parts[:4])}: " if parts else ""
