"""`UnhurriedProtocol`: connections on which nothing comes are closed, so that nobody can hold them all by silence."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

LOOK_SECONDS = 30.0


class UnhurriedProtocol(H11Protocol):
    """uvicorn's HTTP, with a look at each connection every `LOOK_SECONDS`.

    It is closed where from one look to the next it waits for the same request with all its headers, or for more of the
    same body. What the server itself takes its time for, an answer or a stream, is let be.
    """

    _awaited: tuple[Any, int | None] | None = None
    _pieces = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the event loop."""
        super().connection_made(transport)
        self.loop.call_later(LOOK_SECONDS, self._look)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._pieces += 1
        super().data_received(data)

    def _look(self) -> None:
        if self.transport.is_closing() or self.transport.get_protocol() is not self:  # gone, or a websocket
            return
        awaited: tuple[Any, int | None] | None = None
        if self.cycle is None or self.cycle.response_complete:
            awaited = (self.cycle, None)
        elif self.cycle.more_body and not self.flow.read_paused:
            awaited = (self.cycle, self._pieces)
        if awaited is not None and awaited == self._awaited:
            self.transport.close()
            return
        self._awaited = awaited
        self.loop.call_later(LOOK_SECONDS, self._look)
