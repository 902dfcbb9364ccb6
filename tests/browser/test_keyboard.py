"""The journey with the keyboard alone: every control is reached by Tab and shows where one is."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Locator, Page

from tests.browser.live_app import LiveApp
from tests.browser.test_journey import PASSWORD
from tests.browser.visitor import Visitor

EMAIL = "ann@example.com"
MOST_TABS = 60


def reach(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus; the focus must be seen there."""
    target.first.wait_for()
    for _ in range(MOST_TABS):
        if target.first.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        raise AssertionError(f"Tab does not reach {target}")
    outlined = target.first.evaluate(
        """element => [element, element.parentElement].some(each => {
             const style = getComputedStyle(each)
             return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1
               || style.boxShadow !== 'none'
           })"""
    )
    assert outlined, f"{target} does not show that it has the focus"


def type_into(page: Page, label: str, text: str) -> None:
    """Reach a field and type."""
    reach(page, page.get_by_label(label, exact=True))
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(text)


def enter(page: Page, role: str, name: str) -> None:
    """Reach a link or a button and press Enter on it."""
    reach(page, page.get_by_role(role, name=name, exact=True))  # type: ignore[arg-type]
    page.keyboard.press("Enter")


def test_journey_by_keyboard(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    ann = visit(live.url)
    ann.expected_statuses |= {422}
    page = ann.page

    ann.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    assert skip.evaluate("element => element === document.activeElement")
    page.keyboard.press("Enter")
    enter(page, "link", "Create account")
    page.wait_for_url("**/signup")
    page.keyboard.press("Enter")
    page.locator("#problems").wait_for()
    assert page.evaluate("document.activeElement.id") == "problems"
    type_into(page, "E-mail", EMAIL)
    type_into(page, "Password", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check your mail").wait_for()

    type_into(page, "Six-digit code", live.backend.mailbox.latest(to=EMAIL).code)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="No notes yet").wait_for()

    enter(page, "link", "Write the first note")
    page.get_by_role("heading", name="New note").wait_for()
    type_into(page, "Title", "Milk")
    type_into(page, "Text", "Two litres")
    enter(page, "button", "Create note")
    row = page.get_by_role("link", name="Milk Two litres")
    reach(page, row)
    page.keyboard.press("Enter")
    type_into(page, "Title", "Oat milk")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Oat milk Two litres").wait_for()

    delete = page.get_by_role("link", name="Delete: Oat milk")
    reach(page, delete)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete note").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete note").wait_for(state="hidden")
    assert delete.evaluate("element => element === document.activeElement")
    page.keyboard.press("Enter")
    enter(page, "button", "Delete note")
    page.get_by_role("heading", name="No notes yet").wait_for()
    enter(page, "button", "Undo")
    page.get_by_role("link", name="Oat milk Two litres").wait_for()

    menu = page.locator("summary", has_text="Account")
    reach(page, menu)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Sign out").wait_for(state="hidden")
    assert menu.evaluate("element => element === document.activeElement")
    page.keyboard.press("Enter")
    enter(page, "button", "Sign out")
    page.wait_for_url("**/login**")


def test_language_and_theme_by_keyboard(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    ann = visit(live.url)
    page = ann.page
    ann.goto("/login")
    reach(page, page.locator("summary", has_text="Display"))
    page.keyboard.press("Enter")
    enter(page, "button", "简体中文")
    page.get_by_role("heading", name="登录").wait_for()
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    reach(page, page.locator("summary", has_text="显示"))
    page.keyboard.press("Enter")
    enter(page, "button", "深色")
    page.locator("html[data-theme=dark]").wait_for()
    assert ann.path == "/login"
