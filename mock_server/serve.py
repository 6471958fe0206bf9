"""Serves backends: binds every port or none, says what is where, runs until it is stopped."""

import asyncio
import contextlib
import gc
import ipaddress
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from mock_server import storage
from mock_server.app import Hosted, create_apps, single
from mock_server.banner import describe, places
from mock_server.control.admission import Admission
from mock_server.engine.engine import Engine
from mock_server.options import MockOptions
from mock_server.ports import HIGHEST, contracts_of
from mock_server.running import BACKLOG, Bound, Running, applications, new_loop
from mock_server.steering import scenarios
from mock_server.watching import Watched, watch
from mock_server.workers import supervise
from understudy.contract.errors import UsageError, suggest
from understudy.contract.functions import time
from understudy.contract.reader import backend_names
from understudy.wire.chance import fresh_seed

HEARING = 2.0  # seconds to wait for the connection by which other processes are heard


def run(options: MockOptions) -> None:
    """Serves until Ctrl-C or SIGTERM; raises UsageError where nothing could be started."""
    contracts = list(contracts_of(options))
    admission = admission_of(options)
    hosted = create_apps(contracts, options.seed, options.validate, time(options.now), options.worlds, admission)
    prepare(list({id(item.engine): item.engine for item in hosted}.values()), options)
    if options.state is not None:
        refuse_unreachable(options.state)
    bound = bind(hosted, options)
    _tame_collector()
    if options.workers == 1:
        _work(bound, options, admission.token, fresh_seed(), 0, again=False)
    else:
        work = partial(_work, bound, options, admission.token, fresh_seed())
        supervise(work, options.workers, options.json or options.verbosity < 0)


def _work(bound: Sequence[Bound], options: MockOptions, token: str | None, group: str, number: int, again: bool) -> None:
    """Serves in this process. number: which of a group it is; again: in the place of one that died. The first one says what is where, once."""
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(_serve(bound, options, token, f"{group[:12]}-{number}", first=number == 0, telling=number == 0 and not again))


def refuse_unreachable(url: str) -> None:
    """Raises UsageError where the Redis of --state can't be used."""
    try:
        from mock_server.sharing.link import Link
    except ModuleNotFoundError as error:
        raise UsageError(f"--state needs the extra 'redis' ({error.name} is missing): python3 -m pip install 'understudy[redis]'") from None
    link = Link(url)
    link.check()
    link.close()


def admission_of(options: MockOptions) -> Admission:
    """Who may steer. Where more than this machine can reach the mock, a token is asked for."""
    token = options.admin_token or (None if _is_loopback(options.host) else fresh_seed())
    return Admission(token, frozenset(options.admin_origins))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def prepare(engines: Sequence[Engine], options: MockOptions) -> None:
    """Brings about what worlds begin with: the state of a file, and scenarios. Raises UsageError."""
    if options.save is not None:
        storage.refuse_unwritable(options.save)
    if options.load is not None and not (options.load == options.save and not options.load.exists()):
        for what in storage.load(options.load, engines):
            print(f"{options.load}: {what}", file=sys.stderr)
    for name in options.scenarios:
        having = [engine for engine in engines if name in engine.contract.scenarios]
        if not having:
            raise UsageError(f"There is no scenario '{name}'.{suggest(name, {item for engine in engines for item in engine.contract.scenarios})}")
        for engine in having:
            scenarios.apply(engine, engine.world, name, {})


def _tame_collector() -> None:
    """What is loaded at start stays: the garbage collector need not look at it again, nor so often at what requests leave behind."""
    gc.collect()
    gc.freeze()
    gc.enable()  # the command line has it wait
    gc.set_threshold(50_000, 20, 100)  # more than what the log keeps alive for a while: less often, it is looked at in vain


def bind(hosted: Sequence[Hosted], options: MockOptions) -> list[Bound]:
    """Binds every socket; if one is busy, none stays bound."""
    if options.single_port is not None:
        bound = _socket(options.host, options.single_port)
        if bound is None:
            free = _free(options.host, options.single_port)
            raise UsageError(f"Port {options.single_port} is busy. Nothing was started. Try: understudy mock{_targets(options)} --single-port {free}")
        return [Bound(None, single(hosted), bound, bound.getsockname()[1])]
    found: list[Bound] = []
    for item in hosted:
        bound = _socket(options.host, item.service.port)
        if bound is None:
            for other in found:
                other.socket.close()
            raise UsageError(_busy(item, hosted, options))
        found.append(Bound(item, item.app, bound, bound.getsockname()[1]))
    return found


def _socket(host: str, port: int) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((host, port))
        made.listen(BACKLOG)
    except PermissionError:
        made.close()
        raise UsageError(f"Port {port} needs rights that you don't have. Choose another with --port-offset.") from None
    except socket.gaierror:
        made.close()
        raise UsageError(f"'{host}' is no address of this machine. Valid: 127.0.0.1, 0.0.0.0 or an address of one of its interfaces.") from None
    except OSError as error:
        made.close()
        if error.errno in (99, 49):  # EADDRNOTAVAIL on Linux and macOS
            raise UsageError(f"'{host}' is no address of this machine. Valid: 127.0.0.1, 0.0.0.0 or an address of one of its interfaces.") from None
        return None
    return made


def _busy(item: Hosted, hosted: Sequence[Hosted], options: MockOptions) -> str:
    """The error of a busy port, with the command that works now."""
    ports = [other.service.port for other in hosted]
    base = options.port_offset
    for step in range(100, 20_000, 100):
        shifted = [port + step for port in ports]
        if max(shifted) <= HIGHEST and all(_is_free(options.host, port) for port in shifted):
            change = f"--port {options.port + step}" if options.port else f"--port-offset {base + step}"
            break
    else:
        change = "--port 0"
    return f"Port {item.service.port} ({item.backend} {item.service.name}) is busy. Nothing was started. Try: understudy mock{_targets(options)} {change}"


def _targets(options: MockOptions) -> str:
    return "".join(f" {target}" for target in options.targets)


def _is_free(host: str, port: int) -> bool:
    made = _socket(host, port)
    if made is not None:
        made.close()
    return made is not None


def _free(host: str, start: int) -> int:
    return next((port for port in range(start + 1, min(start + 1000, HIGHEST)) if _is_free(host, port)), 0)


async def _keep(engines: Sequence[Engine], path: Path) -> None:
    """Saves state every minute; the file is written beside the loop."""
    while True:
        await asyncio.sleep(storage.EVERY)
        try:
            await asyncio.to_thread(storage.write, path, storage.rendered(engines))
        except OSError as error:
            print(f"{path}: The state could not be saved: {error.strerror or error}.", file=sys.stderr)


def _beside(bound: Sequence[Bound], engines: Sequence[Engine], options: MockOptions) -> list[asyncio.Task[None]]:
    """What is done beside serving: state is saved, documents are watched."""
    tasks = [asyncio.create_task(_keep(engines, options.save))] if options.save is not None else []
    return [*tasks, asyncio.create_task(watch(watched(bound, engines, options), _say))] if options.watch else tasks


async def _joined(engines: Sequence[Engine], url: str, place: str, say: Callable[[str], None]) -> list[asyncio.Task[None]]:
    """Has the engines share their worlds with other processes; what listens to those. place: the name of this process, and of one that takes its place."""
    from mock_server.sharing.joining import join
    from mock_server.sharing.link import Link
    from mock_server.transports.listening import Listener

    tasks = []
    for engine in engines:
        link = Link(url, place)
        join(engine, link)
        tasks.append(asyncio.create_task(Listener(engine, link, say).run()))
    with contextlib.suppress(TimeoutError):  # without Redis it serves refusals
        async with asyncio.timeout(HEARING):
            for engine in engines:
                await engine.peers.ready.wait()  # a process that serves must hear when others ask for its log
    return tasks


async def _serve(bound: Sequence[Bound], options: MockOptions, token: str | None, place: str, first: bool, telling: bool) -> None:
    running = Running(bound, options.limits)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows has no signal handlers in its loop
            loop.add_signal_handler(name, running.stop)
    engines = running.engines
    beside = await _joined(engines, options.state, place, _say if first else _say_nothing) if options.state is not None else []
    beside += _beside(bound, engines, options if first else replace(options, save=None))  # before it is said that all is ready
    await running.start()
    for engine, service, url in places(bound, options):
        engine.places[service] = url
    if telling:
        print(describe(bound, options, token), flush=True)
    await running.ended()
    for task in beside:
        task.cancel()
    if options.save is not None and first:
        storage.write(options.save, storage.rendered(engines))
    if options.verbosity >= 0 and not options.json and options.workers == 1:
        print("\nStopped.", file=sys.stderr)


def watched(bound: Sequence[Bound], engines: Sequence[Engine], options: MockOptions) -> list[Watched]:
    """What is watched: each target with its engine, in the order in which they were named."""
    apps = list(applications(bound))
    targets = options.targets or backend_names()
    found = []
    for target, engine in zip(targets, engines, strict=True):
        services = {service.name: service for service in engine.contract.services}
        hosted = tuple(Hosted(engine.contract.name, services[app.service], engine, app) for app in apps if app.engine is engine)
        found.append(Watched(target, options.overlays, engine, hosted))
    return found


def _say_nothing(_text: str) -> None:
    return None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
