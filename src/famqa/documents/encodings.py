"""A file's bytes to its text: UTF-8, UTF-16, UTF-32 or Windows-1252, told apart by what the bytes can be."""

from __future__ import annotations

import codecs
import re

from famqa.documents.parsed import Unreadable

UTF_8 = "UTF-8"
WINDOWS_1252 = "Windows-1252"

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF8, "utf-8", UTF_8),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_HTML_CODECS = {  # of the labels that pages declare; browsers read the first three names as Windows-1252 too
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii", "windows-1252", "cp1252"), "cp1252"),
    **{f"windows-125{n}": f"cp125{n}" for n in (0, 1, 3, 4, 5, 6, 7, 8)},
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{name: name for name in ("koi8-r", "koi8-u", "big5", "euc-jp", "euc-kr", "gbk", "gb18030", "iso-2022-jp")},
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932"),
    "gb2312": "gb18030",
    "ks_c_5601-1987": "cp949",
}
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]{1,40})""", re.IGNORECASE)
_XML_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.-]{1,40})""")
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x19\x1c-\x1f]")
_SIGN_IN_WORD = re.compile(r"(?<=[^\W\d_])[¡-©«-´¶-¹»-¿×÷€‚ƒ„…†‡ˆ‰‹‘“”•–—˜™›](?=[a-z])")
_MULTIBYTE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def decode(data: bytes) -> tuple[str, str]:
    """The text with LF as newlines and without byte order mark, and the name of its encoding.

    Raises `Unreadable`, naming the first bad byte where there is one.
    """
    text, name = _decoded(data)
    if "\x00" in text:
        raise Unreadable("holds NUL characters, so it is no text file; remove it or save it as text")
    return text.replace("\r\n", "\n").replace("\r", "\n"), name


def decode_html(data: bytes) -> tuple[str, str]:
    """As `decode`, but what the page says of its own encoding counts where there is no byte order mark."""
    found = _XML_DECLARED.match(data[:1024]) or _DECLARED.search(data[:4096])
    label = found[1].decode("ascii").lower() if found else ""
    codec = _HTML_CODECS.get(label)
    if codec is None or any(data.startswith(mark) for mark, *_ in _MARKS) or codec == "cp1252":
        return decode(data)  # a page that claims Latin-1 is as often UTF-8, which shows
    text = data.decode(codec, "replace").replace("\x00", "\ufffd")
    return text.replace("\r\n", "\n").replace("\r", "\n"), label


def _decoded(data: bytes) -> tuple[str, str]:
    for mark, codec, name in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], codec, name, len(mark)), name
    if b"\x00" in data and (codec := _utf16_without_mark(data)):
        return _strictly(data, codec, "UTF-16", 0), "UTF-16"
    try:
        return data.decode("utf-8"), UTF_8
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = f"byte {error.start}, line {line}"
    high = sum(byte > 0x7F for byte in data)
    if sum(map(len, _MULTIBYTE.findall(data))) * 2 > high and _MULTIBYTE.search(data):
        raise Unreadable(f"damaged UTF-8 ({place}); save it as UTF-8 again")
    text = data.decode("cp1252", "replace")
    if b"\x00" in data or not _is_plausible(text, high):
        raise Unreadable(f"not UTF-8, UTF-16 or Windows-1252 ({place}); save it as UTF-8")
    return text, WINDOWS_1252


def _strictly(data: bytes, codec: str, name: str, skipped: int) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        raise Unreadable(f"damaged {name} (byte {error.start + skipped}); save it as UTF-8") from None


def _utf16_without_mark(data: bytes) -> str:
    """The codec if every other byte of the beginning is mostly NUL and its partner hardly ever; "" otherwise."""
    sample = data[: min(len(data), 4096) // 2 * 2]
    if len(sample) < 4:
        return ""
    pairs = len(sample) // 2
    nul_first, nul_second = sample[0::2].count(0), sample[1::2].count(0)
    if nul_second > 0.6 * pairs and nul_first < 0.05 * pairs:
        return "utf-16-le"
    if nul_first > 0.6 * pairs and nul_second < 0.05 * pairs:
        return "utf-16-be"
    return ""


def _is_plausible(text: str, high: int) -> bool:
    """Whether a text read as Windows-1252 looks like a language written in it.

    Another alphabet is mostly high bytes; a central European code page puts signs such as "³" inside words.
    """
    if "\ufffd" in text or _CONTROLS.search(text):
        return False
    ascii_letters = sum("a" <= char <= "z" or "A" <= char <= "Z" for char in text)
    return 2 * high <= ascii_letters and len(_SIGN_IN_WORD.findall(text)) <= 0.1 * high
