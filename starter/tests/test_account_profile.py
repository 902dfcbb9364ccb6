"""The account centre's first page: navigation, name, language, time zone."""

from __future__ import annotations

from visitor import Visitor


def test_needs_a_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/account").path == "/login?next=%2Faccount"


def test_the_menu_leads_there(member: Visitor) -> None:
    member.open("/dashboard")
    page = member.follow("Your account")
    assert page.path == "/account"
    assert '<a class="panel-item aria-[current]:bg-base-200" href="/account" aria-cur' in page.html


def test_a_name_is_saved_and_may_be_emptied(member: Visitor) -> None:
    member.open("/account")
    page = member.press("Save profile", name="  Ada Lovelace ")
    assert page.status == 200
    assert "Your profile was saved." in page.text
    assert page.form("Save profile").fields["name"] == "Ada Lovelace"
    member.press("Save profile", name="")
    assert member.open("/account").form("Save profile").fields["name"] == ""


def test_what_is_no_name_is_refused_beside_the_field(member: Visitor) -> None:
    member.open("/account")
    page = member.press("Save profile", name="x" * 101)
    assert page.status == 422
    assert "Shorten the name to 100 characters." in page.text
    assert page.form("Save profile").fields["name"] == "x" * 101
    assert member.press("Save profile", name="a\tb").status == 422


def test_a_forged_form_changes_nothing(member: Visitor) -> None:
    member.open("/account")
    answer = member.client.post("/account", data={"name": "Eve"})
    assert answer.status_code in (400, 403)
    assert member.open("/account").form("Save profile").fields["name"] == ""


def test_language_and_time_zone_are_kept(member: Visitor) -> None:
    member.open("/account")
    page = member.press("Save preferences", language="zh-Hans", timezone="Asia/Shanghai")
    assert page.path == "/account"
    assert "个人资料" in page.text
    assert page.form("保存偏好").fields["timezone"] == "Asia/Shanghai"
    page = member.press("保存偏好", language="en", timezone="")
    assert page.form("Save preferences").fields["timezone"] == ""
