"""From an app to an address: uvicorn in a thread, the port, the variables that Gradio's users know, a clean stop."""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn

from famqa.errors import FamqaError, SettingsError
from famqa.settings import Settings
from famqa.web.asgi import LOOPBACK, Networks
from famqa.web.slow_clients import UnhurriedProtocol
from famqa.web.stopping import Stopping

FINISHING_SECONDS = 10  # that requests under way get when the server is stopped
_MAX_PORT = 65535
_ARENAS = 2
_M_ARENA_MAX = -8  # glibc's number of this setting


class Running:
    """A server in a thread of its own, at `address`."""

    def __init__(self, app: Any, bound: socket.socket, stopping: Stopping) -> None:
        host, port = bound.getsockname()[:2]
        self.address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=UnhurriedProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe about a client's address is decided in the app
            timeout_graceful_shutdown=FINISHING_SECONDS,
        )
        self._server = _Server(config, stopping)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(bound,), name="famqa-server", daemon=True)

    def start(self) -> None:
        """Returns once requests are taken. Raises `FamqaError` if that does not come about."""
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise FamqaError(f"the server could not be started: {self._failure or 'the log says why'}")
            time.sleep(0.01)

    def wait(self) -> None:
        """Returns when the server has ended, which it does only if it is stopped."""
        self._thread.join()

    def stop(self) -> None:
        """Takes no more requests and lets those under way finish, for some seconds at most."""
        self._server.should_exit = True
        self._thread.join()

    def abort(self) -> None:
        """Breaks off what is under way."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=5)

    def _run(self, bound: socket.socket) -> None:
        try:
            self._server.run(sockets=[bound])
        except BaseException as error:  # in a thread; whoever waits for the start tells it
            self._failure = error
        finally:
            bound.close()


class _Server(uvicorn.Server):
    """Says that it begins to stop, so that endless streams do not keep it waiting."""

    def __init__(self, config: uvicorn.Config, stopping: Stopping) -> None:
        super().__init__(config)
        self._stopping = stopping

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._stopping.set()
        await super().shutdown(sockets)


@contextmanager
def running(app: Any, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """An app of `server.create_app` served while the context lasts; port 0 takes a free one."""
    server = Running(app, bind(host, port), app.state.stopping)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def bind(host: str, port: int) -> socket.socket:
    """A socket that holds the address, not yet listening. Raises `SettingsError` in one line."""
    bare = host.strip("[]")
    try:
        found = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise _unusable(host, port, error) from None
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _unusable(host, port, error) from None
    return bound


def keep_few_arenas() -> None:
    """Keeps memory flat: threads of this process share two pools of it instead of glibc's eight for each core.

    What one thread frees in a pool of its own no other can use, so that every worker that ever answered would keep
    some. To be called before there are threads; leaves MALLOC_ARENA_MAX its say, and other C libraries alone.
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


def address_of(settings: Settings) -> tuple[str, int]:
    """Host and port: as set for famqa, else as GRADIO_SERVER_NAME and GRADIO_SERVER_PORT say, else the defaults."""
    host, port = settings.host, settings.port
    if "host" not in settings.model_fields_set:
        host = os.environ.get("GRADIO_SERVER_NAME") or host
    gradio_port = os.environ.get("GRADIO_SERVER_PORT")
    if "port" not in settings.model_fields_set and gradio_port:
        if not gradio_port.isdecimal() or int(gradio_port) > _MAX_PORT:
            raise SettingsError(f"GRADIO_SERVER_PORT = {gradio_port!r} is no port; give a number from 0 to {_MAX_PORT}")
        port = int(gradio_port)
    return host, port


def exposure(settings: Settings, host: str) -> str:
    """One line where other machines reach the address and nobody has to sign in: what they may do; else "".

    `host` is the numeric address that is bound, 0.0.0.0 and :: among them.
    """
    if settings.users_file is not None or settings.proxy_header or host in Networks.parse(LOOPBACK):
        return ""
    deeds = "ask and read every document" if settings.guests else "ask, read every document, add and remove them"
    return (
        f"nobody has to sign in here: whoever reaches this address from another machine may {deeds}. To change that, "
        "make a user (famqa users add NAME --role admin --file users) and set FAMQA_USERS_FILE=users, or serve this "
        "machine only (--host 127.0.0.1)"
    )


def _unusable(host: str, port: int, error: Exception) -> SettingsError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        why = "the port is in use; stop what uses it or choose another with --port or FAMQA_PORT"
    else:
        reason = getattr(error, "strerror", None) or str(error)
        why = f"{reason.lower()}; check --host and --port"
    return SettingsError(f"the page cannot be served at {host}:{port}: {why}")
