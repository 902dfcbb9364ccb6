"""Parts of an app are made once, also when the first requests come at the same moment."""

from __future__ import annotations

import threading

from hipflask.kit.part import part


class Owner:
    """Counts how often its part is made."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.made = 0
        self.begun = threading.Event()

    @part
    def thing(self) -> object:
        """A part."""
        self.begun.set()
        self.made += 1
        return object()

    @part
    def pair(self) -> tuple[object, object]:
        """A part that needs another."""
        return (self.thing, self.thing)


def test_is_made_at_first_use_and_kept() -> None:
    owner = Owner()
    assert owner.made == 0
    assert owner.thing is owner.thing
    assert owner.pair == (owner.thing, owner.thing)
    assert owner.made == 1


def test_two_owners_have_two_parts() -> None:
    assert Owner().thing is not Owner().thing


def test_a_second_thread_waits_for_the_first() -> None:
    owner = Owner()
    found: list[object] = []
    with owner.lock:  # as if a first request was making it right now
        threads = [threading.Thread(target=lambda: found.append(owner.thing)) for _ in range(8)]
        for thread in threads:
            thread.start()
        assert not owner.begun.wait(0.05)
    for thread in threads:
        thread.join()
    assert owner.made == 1
    assert len(set(found)) == 1


def test_can_be_read_about() -> None:
    assert Owner.thing.__doc__ == "A part."
