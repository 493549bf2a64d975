"""What of a web page is content: scripts, navigation, cookie banners and what is hidden are taken out of the tree."""

from __future__ import annotations

import re

from lxml import etree
from lxml.html import HtmlElement

_NEVER = frozenset(
    "script style noscript template svg canvas iframe frame object embed audio video map input select "
    "textarea button datalist progress meter dialog nav menu annotation annotation-xml rp head link meta base".split()
)
_ROLES = frozenset(
    "navigation banner contentinfo search dialog alertdialog complementary menu menubar toolbar tablist".split()
)
_WORDS = frozenset(
    "nav navbar navigation breadcrumb breadcrumbs sidebar pagination advert advertisement newsletter social share "
    "sharing skip consent gdpr cookieconsent cookiebar cookiebanner onetrust editsection noprint".split()
)
_COOKIE_WORDS = frozenset("banner notice bar popup overlay modal message law dialog info wall".split())
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_KEPT = ("html", "body", "main", "article", "h1", "h2", "h3", "h4", "h5", "h6", "p", "td", "th", "tr", "tbody")
_FOOTNOTE_MARK = re.compile(r"\[\w{1,4}\]")
_MAIN_SHARE = 0.25


def content_of(page: HtmlElement) -> HtmlElement:
    """The element that holds the content, all else taken out of it; `page` is altered."""
    body = page.find("body")
    root: HtmlElement = page if body is None else body
    total = _size(root)
    for element in list(root.iter()):
        if element is not root and _is_left_out(element, total):
            element.drop_tree()  # what follows it stays
    for selected in (root.xpath(".//main | .//*[@role='main']"), root.xpath(".//article")):
        if len(selected) == 1 and _size(selected[0]) >= _MAIN_SHARE * _size(root):
            found: HtmlElement = selected[0]
            return found
    return root


def _size(element: HtmlElement) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _is_left_out(element: HtmlElement, total: int) -> bool:
    if not isinstance(element.tag, str):
        return True  # a comment or a processing instruction
    if element.getparent() is None:
        return False  # it went with an element around it
    tag = element.tag.lower()
    if tag in _NEVER or "hidden" in element.attrib or element.get("aria-hidden", "").lower() == "true":
        return True
    if _HIDDEN_STYLE.search(element.get("style", "")):
        return True
    if tag == "sup" and (_FOOTNOTE_MARK.fullmatch(element.text_content().strip()) or _is_link_to_note(element)):
        return True
    if tag in _KEPT:
        return False
    if tag in ("header", "footer", "aside") and not _is_inside_content(element):
        return not (tag == "header" and element.find(".//h1") is not None)
    if element.get("role", "").lower() in _ROLES:
        return True
    # Class names are no more than hints, so what holds most of the page is kept whatever it is called.
    return _is_named_furniture(element) and 2 * _size(element) < total


def _is_link_to_note(element: HtmlElement) -> bool:
    link = element.find("a[@href]")
    return link is not None and link.get("href", "").startswith("#") and len(element.text_content().strip()) < 4


def _is_named_furniture(element: HtmlElement) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}".lower()
    words = set(re.split(r"[^a-z]+", names))
    return bool(words & _WORDS) or (bool(words & {"cookie", "cookies"}) and bool(words & _COOKIE_WORDS))


def _is_inside_content(element: HtmlElement) -> bool:
    return any(True for _ in element.iterancestors("main", "article"))


def read_page(text: str) -> HtmlElement | None:
    """The tree of a page; None where there is none. Entities that a page defines itself are not expanded."""
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=True, remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    try:
        page = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError:
        return None
    return page if isinstance(page, HtmlElement) else None
