"""The pages of signing in and out: plain forms that need no script. Pure; every word from outside is escaped here."""

from __future__ import annotations

import html
from urllib.parse import quote

from famqa.web.plain_page import plain_page

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
MAX_TARGET_CHARS = 4096


def sign_in_page(action: str, target: str, name: str = "", problem: str = "") -> bytes:
    """The form; `action` is where it is sent, `target` where a signed-in person goes on to."""
    line = f'<p class="problem" role="alert">{html.escape(problem)}</p>' if problem else ""
    focus_name, focus_password = ("", " autofocus") if name else (" autofocus", "")
    return plain_page(
        "Sign in",
        "<h1>famqa</h1><p>Answers from your own documents. Sign in to ask them.</p>"
        f'{line}<form method="post" action="{html.escape(action)}">'
        '<label for="name">Name</label>'
        f'<input id="name" name="name" value="{html.escape(name)}" autocomplete="username" autocapitalize="none" '
        f'maxlength="64" required{focus_name}>'
        '<label for="password">Password</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" '
        f"required{focus_password}>"
        f'<input type="hidden" name="next" value="{html.escape(target)}"><button>Sign in</button></form>',
    )


def sign_out_page(action: str, home: str, name: str) -> bytes:
    """The question whether to sign out."""
    return plain_page(
        "Sign out",
        f"<h1>Sign out</h1><p>You are signed in as {html.escape(name)}.</p>"
        f'<form method="post" action="{html.escape(action)}"><button>Sign out</button></form>'
        f'<a href="{html.escape(home)}">Back to the questions</a>',
    )


def sign_in_address(root: str, target: str) -> str:
    """Where a visitor who is not signed in is sent to, so that `target` opens afterwards."""
    return f"{root}{SIGN_IN}" + (f"?next={quote(target, safe='/')}" if target != "/" else "")


def safe_target(target: str) -> str:
    """A path of this server to go on to, never another site; "/" if it is none, or one of signing in and out."""
    if (
        not target.startswith("/")
        or target[1:2] in ("/", "\\")
        or len(target) > MAX_TARGET_CHARS
        or not target.isascii()
        or any(character <= " " or character in '\\"<>' or character == "\x7f" for character in target)
        or target.partition("?")[0] in (SIGN_IN, SIGN_OUT)
    ):
        return "/"
    return target
