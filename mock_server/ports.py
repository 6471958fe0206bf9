"""On which ports the services of some targets listen; told without the web server, so that other verbs know it too."""

from collections.abc import Iterable
from dataclasses import replace

from mock_server.options import MockOptions
from understudy.contract.errors import UsageError
from understudy.contract.model import Contract, Service
from understudy.contract.reader import backend_names, read

HIGHEST = 65535


def contracts_of(options: MockOptions) -> Iterable[Contract]:
    """The contracts of the targets, on the ports that the options ask for."""
    targets = options.targets or backend_names()
    taken: dict[int, str] = {}
    next_port = options.port
    for target in targets:
        contract = read(target, options.overlays)
        services = []
        for service in contract.services:
            port = _port(service, contract, options, next_port, taken)
            next_port = next_port + 1 if next_port else next_port
            services.append(replace(service, port=port))
        yield replace(contract, services=tuple(services))


def _port(service: Service, contract: Contract, options: MockOptions, asked: int | None, taken: dict[int, str]) -> int:
    """The port of a service: from --port upward, else its own and --port-offset; one that is meant twice moves on."""
    port = asked if asked is not None else service.port + options.port_offset
    while port and port in taken and not contract.declared:
        port += 1
    if not 0 <= port <= HIGHEST:
        raise UsageError(f"Port {port} ({contract.name} {service.name}) is not between 0 and {HIGHEST}. Choose another --port or --port-offset.")
    if port and port in taken:
        raise UsageError(f"Port {port} is wanted by {taken[port]} and by {contract.name} {service.name}. Serve them apart, or with --single-port.")
    taken[port] = f"{contract.name} {service.name}"
    return port


def host_of(options: MockOptions) -> str:
    """The name by which this machine reaches what listens."""
    return "localhost" if options.host in ("127.0.0.1", "0.0.0.0", "::1", "::") else options.host


def addresses_of(contract: Contract, options: MockOptions) -> list[str]:
    """The URLs of a contract's services, in their order; none for one whose port is picked when it is bound."""
    host = host_of(options)
    if options.single_port is not None:
        return [f"http://{host}:{options.single_port}/{contract.name}/{service.name}" for service in contract.services if options.single_port]
    return [f"http://{host}:{service.port}" for service in contract.services if service.port]
