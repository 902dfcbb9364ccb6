"""Somebody with a browser that runs no scripts: opens pages, fills in forms, presses buttons.

What a test does through it works for people with JavaScript off, hidden fields included.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

Files = Sequence[tuple[str, bytes]]


@dataclass
class PageForm:
    """A form of a page: where it goes, what it carries, what its buttons say."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """One page as somebody sees it."""

    def __init__(self, response: TestResponse) -> None:
        super().__init__()
        self.response = response
        self.status = response.status_code
        self.path = response.request.full_path.rstrip("?")
        self.title = ""
        self.forms: list[PageForm] = []
        self.links: dict[str, str] = {}
        self._words: list[str] = []
        self._link: str | None = None
        self._link_words: list[str] = []
        self._button: list[str] | None = None
        self._button_carries: dict[str, str] = {}
        self._in_title = False
        self._textarea: str | None = None
        self._select: str | None = None
        self.html = response.get_data(as_text=True)
        self.feed(self.html)

    @property
    def text(self) -> str:
        """Every word on the page, single-spaced."""
        return " ".join(" ".join(self._words).split())

    def form(self, button: str) -> PageForm:
        """Return the form with this button; AssertionError says which buttons there are."""
        for form in self.forms:
            if button in form.buttons:
                return form
        there = [name for form in self.forms for name in form.buttons]
        raise AssertionError(f"no button {button!r} on {self.path}, only {there}: {self.text}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "title":
            self._in_title = not self.title
        elif tag == "form":
            action = values.get("action") or self.path
            self.forms.append(PageForm(action, values.get("method", "get")))
        elif tag == "input" and self.forms and "name" in values:
            if values.get("type") == "file":
                self.forms[-1].files.add(values["name"])
            elif values.get("type") != "radio" or "checked" in values:
                self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "select":
            self._select = values.get("name", "")
        elif tag == "option" and self._select is not None:
            # Without a selected one, the first is (HTML, "select", display size 1).
            if "selected" in values or self._select not in self.forms[-1].fields:
                self.forms[-1].fields[self._select] = values.get("value", "")
        elif tag == "textarea":
            self._textarea = values.get("name", "")
            self.forms[-1].fields[self._textarea] = ""
        elif tag == "button":
            self._button = []
            named = "name" in values
            self._button_carries = {values["name"]: values.get("value", "")} if named else {}
        elif tag == "a":
            self._link, self._link_words = values.get("href"), [values.get("aria-label", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "textarea" and self._textarea is not None:
            name, self._textarea = self._textarea, None
            # A newline right behind the tag is not part of the text (HTML, "textarea").
            self.forms[-1].fields[name] = self.forms[-1].fields[name].removeprefix("\n")
        elif tag == "select":
            self._select = None
        elif tag == "button" and self._button is not None:
            if self.forms:
                label = " ".join(" ".join(self._button).split())
                self.forms[-1].buttons[label] = self._button_carries
            self._button = None
        elif tag == "a" and self._link is not None:
            self.links[" ".join(" ".join(self._link_words).split())] = self._link
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
        elif self._textarea is not None:
            self.forms[-1].fields[self._textarea] += data
        else:
            self._words.append(data)
            if self._button is not None:
                self._button.append(data)
            if self._link is not None:
                self._link_words.append(data)


class Visitor:
    """A browser of its own: its cookie, its language, the page it is on."""

    def __init__(self, app: Flask, *, language: str = "en") -> None:
        self.client = app.test_client()
        self._headers = {"Accept-Language": language}
        self.page: Page | None = None

    def open(self, address: str) -> Page:
        """Open an address, also one from a mail, and follow redirects."""
        parts = urlsplit(address)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.arrive(self.client.get(path, headers=self._headers, follow_redirects=True))

    def press(self, button: str, *, files: Files = (), **typed: str) -> Page:
        """Fill in the form with this button, as far as it is not filled in yet, and send it.

        ``files`` are chosen in its one file field: names and contents.
        """
        assert self.page is not None, "open a page first"
        form = self.page.form(button)
        unknown = typed.keys() - form.fields.keys()
        assert not unknown, f"the form has no field {unknown}, only {list(form.fields)}"
        target = urljoin(self.page.path, form.action)
        fields: dict[str, Any] = {**form.fields, **form.buttons[button], **typed}
        for name in form.files:
            # A field in which nothing was chosen sends one file without name and content.
            chosen = [(io.BytesIO(content), file_name) for file_name, content in files]
            fields[name] = chosen or [(io.BytesIO(), "", "application/octet-stream")]
        if form.method == "post":
            answer = self.client.post(
                target, data=fields, headers=self._headers, follow_redirects=True
            )
            for each in (*answer.history, answer):
                each.request.environ["wsgi.input"].close()  # a large form lies in a file
        else:
            answer = self.client.get(
                target, query_string=fields, headers=self._headers, follow_redirects=True
            )
        return self.arrive(answer)

    def follow(self, link: str) -> Page:
        """Follow the link with this text or label."""
        assert self.page is not None, "open a page first"
        assert link in self.page.links, f"no link {link!r}, only {list(self.page.links)}"
        return self.open(urljoin(self.page.path, self.page.links[link]))

    def sign_in(self, email: str, password: str) -> Page:
        """Sign in by the form."""
        self.open("/login")
        return self.press("Sign in", email=email, password=password)

    def arrive(self, response: TestResponse) -> Page:
        """Look at the page of an answer from now on."""
        self.page = Page(response)
        return self.page
