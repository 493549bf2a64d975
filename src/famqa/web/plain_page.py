"""A page of our own beside Gradio's, in the same looks: signing in, and a refusal. No script, nothing loaded."""

from __future__ import annotations

import html
from importlib import resources
from urllib.parse import quote

_CSS = """
:root { color-scheme: light dark; --ink: #1b2330; --soft: #566072; --line: #8a93a3; --paper: #faf9f6; --card: #fff;
  --brand: #234a80; --on-brand: #fff; --bad: #9b2c1f }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9ba6b6; --line: #5d6878; --paper: #11151c;
  --card: #181e28; --brand: #93b7ec; --on-brand: #0d1420; --bad: #f0998c } }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif }
main { box-sizing: border-box; width: min(400px, 100vw - 32px); padding: 28px; border-radius: 14px;
  background: var(--card); box-shadow: 0 1px 4px rgb(0 0 0 / 14%); overflow-wrap: anywhere }
h1 { margin: 0 0 2px; font-size: 22px } p { margin: 0 0 18px; color: var(--soft) } p.problem { color: var(--bad) }
label { display: block; margin: 14px 0 4px; font-weight: 600 }
input { box-sizing: border-box; width: 100%; padding: 10px 12px; border: 1px solid var(--line); border-radius: 9px;
  background: var(--paper); color: var(--ink); font: inherit }
button { margin: 22px 0 0; width: 100%; padding: 11px; border: 0; border-radius: 10px; background: var(--brand);
  color: var(--on-brand); font: inherit; font-weight: 650; cursor: pointer }
form + a { display: inline-block; margin-top: 18px }
a { color: var(--brand) } :focus-visible { outline: 2px solid var(--brand); outline-offset: 2px }
"""
# In the page itself: a browser looks for it at the host's root otherwise, which below a proxy's path is not ours.
ICON_LINK = '<link rel="icon" href="data:image/svg+xml,{}">'.format(
    quote(resources.files("famqa.web").joinpath("favicon.svg").read_text("utf-8"))
)


def plain_page(title: str, body: str) -> bytes:
    """The whole page; `title` is text, `body` is HTML."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{ICON_LINK}<title>{html.escape(title)} · famqa</title><style>{_CSS}</style></head>"
        f"<body><main>{body}</main></body></html>"
    ).encode()
