"""A person with a browser of their own, and everything that went wrong while they used it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from hipflask.kit.web.po import read_catalog

STARTER = Path(__file__).parents[2] / "starter"
AXE = Path(__file__).parent / "js/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desktop": (1280, 800), "phone": (390, 844), "small": (320, 568)}
LOCALES = {"en": "en-GB", "zh-Hans": "zh-CN"}


def words(language: str) -> Callable[[str], str]:
    """Return the starter's translator: tests name things by their English text."""
    if language == "en":
        return lambda text: text
    folder = STARTER / "app/translations" / language.replace("-", "_")
    return read_catalog(folder / "LC_MESSAGES/messages.po").gettext


class Visitor:
    """One browser profile at one address. Ask `problems` at the end: it must be empty."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        language: str = "en",
        theme: str = "light",
        size: str = "desktop",
        javascript: bool = True,
    ) -> None:
        width, height = SIZES[size]
        self.url = url
        self.language = language
        self._ = words(language)
        self.problems: list[str] = []
        self.expected_statuses: set[int] = set()
        self.expected_noise: set[str] = set()
        #: Other sites that this visitor goes to, whose pages may load what is theirs.
        self.other_sites: set[str] = set()
        self.context: BrowserContext = browser.new_context(
            base_url=url,
            locale=LOCALES[language],
            color_scheme="dark" if theme == "dark" else "light",
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        self.context.on("request", self._check_host)
        self.context.on("console", self._check_console)
        self.context.on("weberror", lambda error: self.problems.append(f"script: {error.error}"))
        self.page: Page = self.context.new_page()

    def goto(self, path: str) -> None:
        """Open a path of the site, or a whole address."""
        self.page.goto(path)

    def fill(self, label: str, text: str) -> None:
        """Type into the field with this label, named in English."""
        self.page.get_by_label(self._(label), exact=True).fill(text)

    def press(self, name: str) -> None:
        """Press the button with this name."""
        self.page.get_by_role("button", name=self._(name), exact=True).click()

    def follow(self, name: str) -> None:
        """Follow the link with this name."""
        self.page.get_by_role("link", name=self._(name), exact=True).first.click()

    def sees(self, text: str) -> bool:
        """Say whether a text, named in English, can be seen, waiting for it a moment."""
        found = self.page.get_by_text(self._(text)).locator("visible=true").first
        found.wait_for(timeout=5_000)
        return True

    def heading(self) -> str:
        """Return the page's first heading."""
        return self.page.locator("h1").locator("visible=true").first.inner_text()

    @property
    def path(self) -> str:
        """Where the browser stands."""
        return urlsplit(self.page.url).path

    def violations(self) -> list[Any]:
        """Run axe over the page as it stands."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        result = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", RULES)
        return [
            (found["id"], found["help"], [node["target"] for node in found["nodes"]])
            for found in result["violations"]
        ]

    def scrolls_sideways(self) -> bool:
        """Say whether the page is wider than the window."""
        wide: bool = self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        return wide

    def overflowing_buttons(self) -> list[str]:
        """Return the texts of buttons that are too small for them."""
        texts: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('.btn')].filter(it => it.checkVisibility()"
            " && it.scrollHeight > it.clientHeight + 1).map(it => it.textContent.trim())"
        )
        return texts

    def cookies(self) -> dict[str, Any]:
        """Return the cookies by name."""
        return {cookie["name"]: cookie for cookie in self.context.cookies()}

    def close(self) -> None:
        """Close the browser profile."""
        self.context.close()

    def _check_host(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("data", "blob", "about"):
            return
        # Files are shown from Storage and sent to it directly.
        is_file = address.hostname == "127.0.0.1" and address.path.startswith("/storage/v1/")
        if (
            f"{address.scheme}://{address.netloc}" not in {self.url, *self.other_sites}
            and not is_file
            and not request.is_navigation_request()
        ):
            self.problems.append(f"request to another host: {request.url}")

    def _check_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # Chromium reports the status of a page as an error, which a refusal is meant to have.
        if any(f"status of {status}" in message.text for status in self.expected_statuses):
            return
        if any(noise in message.text for noise in self.expected_noise):
            return
        self.problems.append(f"console {message.type}: {message.text}")
