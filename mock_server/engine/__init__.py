"""The request path, without a web framework. What stands in `__all__` is what a backend's own file may use."""

from mock_server.engine.accounts import find_account, issue, session, unauthorized
from mock_server.engine.call import Call, Emit, Entity, Reply, Request, Upload
from mock_server.engine.guards import me
from mock_server.engine.problem import Problem, Violation
from mock_server.engine.rows import change, create, find, missing, remove

__all__ = [
    "Call", "Emit", "Entity", "Problem", "Reply", "Request", "Upload", "Violation", "change", "create", "find", "find_account", "issue", "me",
    "missing", "remove", "session", "unauthorized",
]  # fmt: skip
