"""`add_protection`: the middlewares of care around an app, in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette

from famqa.errors import SettingsError
from famqa.users import Users
from famqa.web.asgi import LOOPBACK
from famqa.web.auth import Authentication
from famqa.web.gradio_routes import GradioRoutes
from famqa.web.headers import SecurityHeaders
from famqa.web.limits import BodyLimit, RateLimit, upload_limits
from famqa.web.origins import OriginGuard, served_hosts
from famqa.web.sessions import session_secret
from famqa.web.sign_outs import SIGN_OUTS, SignOuts


def add_protection(
    served: Starlette,
    *,
    host: str,
    key_folder: Path,
    users_file: Path | None = None,
    proxy_header: str = "",
    proxy_admins: Sequence[str] = (),
    guests: bool = False,
    trusted_proxies: Sequence[str] = (),
    allowed_hosts: Sequence[str] = (),
    frame_ancestors: Sequence[str] = (),
    rate_limit: float = 300,
    rate_burst: int = 100,
    max_file_mb: int = 50,
    refused: Callable[[], None] | None = None,
) -> None:
    """Puts headers, guard, sign-in, rate limit, size limit and Gradio's closed routes around the app, in this order.

    `host` is the address that the server listens at, `key_folder` where the key of the sessions, and which of them
    were ended, is kept if the users file's folder cannot hold it. A proxy on this machine may say from where a request
    came; one that names users must stand in `trusted_proxies`. Raises `SettingsError`, and `UsersError` for a users
    file that cannot be used.
    """
    if proxy_header and not trusted_proxies:
        raise SettingsError(
            "proxy_header is set but no trusted_proxies; name the proxy's addresses, or anybody could say who they are"
        )
    proxies = (*LOOPBACK, *trusted_proxies)
    # What is added last is the outermost.
    served.add_middleware(GradioRoutes)
    served.add_middleware(BodyLimit, uploads=upload_limits(max_file_mb))
    served.add_middleware(RateLimit, per_minute=rate_limit, burst=rate_burst, trusted_proxies=proxies, refused=refused)
    if users_file is not None or proxy_header or guests:
        users = Users(users_file) if users_file is not None else None
        folders = [key_folder] if users_file is None else [users_file.resolve().parent, key_folder]
        served.add_middleware(
            Authentication,
            users=users,
            secret=session_secret(folders),
            sign_outs=SignOuts([folder / SIGN_OUTS for folder in folders]),
            proxy_header=proxy_header,
            proxy_admins=proxy_admins,
            identity_proxies=trusted_proxies,
            trusted_proxies=proxies,
            guests=guests,
        )
    served.add_middleware(
        OriginGuard,
        hosts=served_hosts(host, allowed_hosts),
        trusted_proxies=proxies,
        identity_header=proxy_header,
        identity_proxies=trusted_proxies,
    )
    served.add_middleware(SecurityHeaders, frame_ancestors=frame_ancestors)
