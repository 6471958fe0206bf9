"""OpenAPI documents are valid by the standard (openapi-spec-validator, of the extra `check`)."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from understudy.contract import documents
from understudy.contract.errors import suggest
from understudy.contract.rules.fault import Fault, at
from understudy.contract.rules.sources import Sheet, Source

__all__ = ["check", "is_installed"]

WORDS = """
    openapi info servers paths components security tags summary description parameters requestBody responses callbacks deprecated operationId name in
    required schema content headers links example examples title version license url schemas securitySchemes requestBodies pathItems externalDocs get put
    post delete patch head options trace style explode encoding type scheme bearerFormat flows webhooks jsonSchemaDialect contact termsOfService
""".split()  # noqa: SIM905 - words read better than a list of texts


def is_installed() -> bool:
    """Whether openapi-spec-validator is there."""
    try:
        import openapi_spec_validator
    except ImportError:
        return False
    return bool(openapi_spec_validator)


def check(source: Source) -> None:
    """Reports what the standard forbids; a source whose documents have not the shape that it demands is not sound."""
    for sheet in source.of_kind("openapi"):
        version = str(sheet.data.get("openapi", ""))
        if not version.startswith(("3.0", "3.1")):
            source.faults.append(at(sheet.bundle, "/openapi", f"An OpenAPI document names its version, 3.0 or 3.1; found '{version}'."))
            source.sound = False
        elif is_installed():
            errors = list(_errors(sheet, version))
            source.faults += [fault for fault, _ in errors]
            source.sound = source.sound and all(fine for _, fine in errors)


def _errors(sheet: Sheet, version: str) -> Iterator[tuple[Fault, bool]]:
    """Faults, and whether the document's shape is sound all the same."""
    from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
    from openapi_spec_validator.validation.exceptions import (
        DuplicateOperationIDError,
        ExtraParametersError,
        ParameterDuplicateError,
        UnresolvableParameterError,
    )

    about_names = (ExtraParametersError, ParameterDuplicateError, UnresolvableParameterError)
    validator: Any = OpenAPIV30SpecValidator if version.startswith("3.0") else OpenAPIV31SpecValidator
    for error in _found(validator(sheet.data)):
        if error is None:
            yield at(sheet.bundle, "", "openapi-spec-validator could not go on here; mend the other faults first."), False
        elif not isinstance(error, DuplicateOperationIDError):  # provenance.py tells them with their line
            closest = _closest(error)
            pointer = _pointer(closest)
            yield at(sheet.bundle, pointer, f"{_named(pointer)}{_sentence(closest)}"), isinstance(error, about_names)


def _found(validator: Any) -> Iterator[Any]:
    """The validator's errors, and None at the end where it breaks down over a document that has no shape at all."""
    try:
        yield from validator.iter_errors()
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError):
        yield None


def _closest(error: Any) -> Any:
    """Of an error with alternatives, the one that lies deepest."""
    while error.context:
        error = max(error.context, key=lambda item: (len(item.absolute_path), "$ref" not in item.message))
    return error


def _pointer(error: Any) -> str:
    """Where an error is; those without a path name their operation."""
    named = re.search(r"for '(\w+)'(?: operation)? in '([^']+)'", error.message)
    if not error.absolute_path and named:
        return documents.pointer_of("paths", named[2], named[1])
    return "".join(documents.pointer_of(str(part)) for part in error.absolute_path)


def _sentence(error: Any) -> str:
    """The first line of an error's text, with the closest word for one that was unexpected."""
    text = error.message.splitlines()[0].rstrip(".")
    text = text if len(text) < 300 else f"{text[:140]} ... {text[-140:]}"
    unexpected = re.search(r"'([^']+)' was unexpected", text)
    near = get_close_matches(unexpected[1], WORDS, n=1, cutoff=0.6) if unexpected else []
    return f"{text}.{suggest(near[0], WORDS) if near else ''}"


def _named(pointer: str) -> str:
    parts = documents.pointer_parts(pointer)
    if parts[:1] == ["paths"] and len(parts) > 2:
        return f"{parts[2].upper()} {parts[1]}: "
    return f"{'.'.join(parts[:4])}: " if parts else ""
