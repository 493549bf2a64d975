"""Takes the screenshots of docs/ anew, from the running app over the bundled corpus.

    python docs/images/take.py

Needs a Chromium and what `pip install -e '.[test]'` brings. The pictures are written beside this file.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from famqa.assistant import open_assistant
from famqa.settings import load_settings
from famqa.web.server import create_app
from famqa.web.serving import running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUESTIONS = ("When did the second season premiere?", "And the third?")


def asked(tab: Page) -> None:
    """Asks one question after the other and opens the source of the last answer."""
    for number, question in enumerate(QUESTIONS, 1):
        tab.fill("#question-box", question)
        tab.press("#question-box", "Enter")
        tab.wait_for_selector(f".turn >> nth={number - 1} >> .short")
    tab.locator(".turn").last.locator(".cite").first.click()
    tab.wait_for_selector("#sources .text mark")
    tab.wait_for_timeout(600)  # until nothing scrolls any more


def main() -> None:
    browser_path = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser_path is None:
        sys.exit(f"no Chromium found (looked for {', '.join(BROWSERS)}); install one to take screenshots")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings = load_settings(corpus=ROOT / "corpus", index=Path(folder) / "index")
        assistant = open_assistant(settings)
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        with running(create_app(assistant, settings)) as server:

            def tab(path: str, width: int, height: int, scheme: str = "light") -> Page:
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                page.goto(f"{server.address}{path}")
                return page

            for name, *look in (("chat-wide", 1280, 800), ("chat-dark", 1280, 800, "dark"), ("chat-phone", 390, 844)):
                page = tab("/", *look)
                asked(page)
                page.screenshot(path=HERE / f"{name}.png")
            page = tab("/documents/", 1280, 800)
            page.wait_for_timeout(3000)
            page.screenshot(path=HERE / "documents.png")
            page = tab("/evaluation/", 1280, 800)
            page.wait_for_timeout(3000)
            page.screenshot(path=HERE / "evaluation.png")
        browser.close()


if __name__ == "__main__":
    main()
