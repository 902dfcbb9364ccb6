"""Which browser and system a User-Agent header means, in the words people know them by.

A reader of our own: a table of everything that ever called itself something would be larger than
the rest of the application, and wrong next month. What is not known is called that. The header is
what a visitor claims (RFC 9110 section 10.1.5): good for recognising oneself, no proof.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# The first that fits counts: nearly every browser calls itself Chrome and Safari as well.
_BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/(\d+)"),
    ("Opera", r"(?:OPR|OPT|Opera)/(\d+)"),
    ("Samsung Internet", r"SamsungBrowser/(\d+)"),
    ("WeChat", r"MicroMessenger/(\d+)"),
    ("QQ Browser", r"M?QQBrowser/(\d+)"),
    ("UC Browser", r"UC?Browser/(\d+)"),
    ("Vivaldi", r"Vivaldi/(\d+)"),
    ("Yandex Browser", r"YaBrowser/(\d+)"),
    ("Firefox", r"(?:Firefox|FxiOS)/(\d+)"),
    ("Chrome", r"(?:Chrome|CriOS|HeadlessChrome)/(\d+)"),
    ("Safari", r"Version/(\d+)[^ ]* (?:Mobile/\S+ )?Safari/"),
    ("curl", r"^curl/(\d+)"),
    ("Python", r"^(?:python-\w+|Python-urllib|Werkzeug)/(\d+)"),
)
_SYSTEMS = (
    ("iPad", r"iPad"),
    ("iPhone", r"iPhone|iPod"),
    ("Android", r"Android"),
    ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11"),
)
_PHONES = frozenset({"iPad", "iPhone", "Android", "HarmonyOS"})


@dataclass(frozen=True)
class Browser:
    """What a header says; empty where nothing is known."""

    name: str = ""
    version: str = ""
    system: str = ""

    @property
    def symbol(self) -> str:
        """The icon that stands for it."""
        return "smartphone" if self.system in _PHONES else "monitor"

    @property
    def title(self) -> str:
        """Browser and version, such as "Firefox 140"."""
        return f"{self.name} {self.version}".strip()


def read_user_agent(header: str) -> Browser:
    """Return the browser and system of a User-Agent header."""
    name, version = "", ""
    for candidate, pattern in _BROWSERS:
        if found := re.search(pattern, header):
            name, version = candidate, found[1]
            break
    system = next((known for known, pattern in _SYSTEMS if re.search(pattern, header)), "")
    return Browser(name, version, system)
