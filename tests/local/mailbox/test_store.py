"""Where the mail lies."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hipflask.local.mailbox import Envelope, Mailbox
from tests.local.mailbox.mails import deliver, mail


def test_keeps_the_order_of_arrival() -> None:
    mailbox = Mailbox()
    for number in range(3):
        deliver(mailbox, mail(subject=f"mail {number}"))
    assert [message.subject for message in mailbox.messages()] == ["mail 0", "mail 1", "mail 2"]


def test_latest_is_the_newest() -> None:
    mailbox = Mailbox()
    deliver(mailbox, mail(subject="old"))
    newest = deliver(mailbox, mail(subject="new"))
    assert mailbox.get("latest") is newest
    assert mailbox.get(newest.id) is newest
    assert mailbox.get("nobody") is None


def test_survives_a_restart(tmp_path: Path) -> None:
    first = deliver(Mailbox(tmp_path), mail(subject="Grüße 你好"))
    (again,) = Mailbox(tmp_path).messages()
    assert (again.id, again.subject, again.raw) == (first.id, "Grüße 你好", first.raw)
    assert again.envelope == Envelope("bounce@shop.example", ("ada@example.com",))


def test_passes_over_other_files_in_the_folder(tmp_path: Path) -> None:
    deliver(Mailbox(tmp_path))
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "0000000000000-half.new").write_text("x")
    assert len(Mailbox(tmp_path)) == 1


def test_deletes_files_too(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    kept, gone = deliver(mailbox), deliver(mailbox)
    mailbox.delete([gone.id, "nobody"])
    assert [message.id for message in mailbox.messages()] == [kept.id]
    assert [path.name.partition("-")[2] for path in tmp_path.iterdir()] == [f"{kept.id}.eml"]
    mailbox.delete()
    assert list(tmp_path.iterdir()) == []


def test_oldest_go_when_it_is_full() -> None:
    mailbox = Mailbox(most=2)
    for number in range(3):
        deliver(mailbox, mail(subject=f"{number}"))
    assert [message.subject for message in mailbox.messages()] == ["1", "2"]


def test_envelope_cannot_write_header_lines() -> None:
    message = Mailbox().deliver(b"Subject: x\r\n\r\n", Envelope("a\r\nEvil: yes", ("b\nEvil: y",)))
    assert message.mime["Evil"] is None


def test_waits_for_a_delivery_from_another_thread() -> None:
    mailbox = Mailbox()
    waiting = threading.Event()
    thread = threading.Thread(target=lambda: (waiting.wait(5), deliver(mailbox)))
    thread.start()
    waiting.set()
    assert mailbox.wait_for(to="ADA@example.com", subject="confirm").subject.startswith("Confirm")
    thread.join()


def test_waiting_in_vain_says_for_whom() -> None:
    with pytest.raises(TimeoutError, match="no mail for bob"):
        Mailbox().wait_for(to="bob@example.com", timeout=0.01)


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    threads = [
        threading.Thread(target=lambda: [deliver(mailbox) for _ in range(10)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(mailbox) == 80
    assert len(list(tmp_path.iterdir())) == 80


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("to:ada", ["a"]),
        ("to:ADA@example.com", ["a"]),
        ('to:"ada@example.com"', ["a"]),
        ("-to:ada", ["b"]),
        ("!to:ada", ["b"]),
        ("subject:a", ["a"]),
        ("from:shop", ["a", "b"]),
        ("addressed:bob", ["b"]),
        ("hello", ["a", "b"]),
        ('"hello ada"', ["a", "b"]),
        ("482913 to:bob", ["b"]),
        ("is:unread", ["a", "b"]),
        ("is:read", []),
        ("has:attachment", []),
        ("nobody", []),
        ("", ["a", "b"]),
    ],
)
def test_search(query: str, found: list[str]) -> None:
    mailbox = Mailbox()
    deliver(mailbox, mail("ada@example.com", "a"))
    deliver(mailbox, mail("bob@example.com", "b"))
    assert [message.subject for message in mailbox.messages(query)] == found
