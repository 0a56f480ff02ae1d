"""Downloads, from a server on this machine that resumes, truncates, refuses or ignores."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import logging
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from kdlens.data import download as module
from kdlens.data import transfer
from kdlens.data.archive_kinds import not_an_archive
from kdlens.data.download import download
from kdlens.data.obtain import obtain
from kdlens.errors import InputError
from kdlens.training import weights

DATA = bytes(range(256)) * 2000  # 512,000 bytes: several blocks
SHA256 = hashlib.sha256(DATA).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves ``data`` under each path; the first folder of the path says how it behaves."""

    daemon_threads = True
    data = DATA
    pause = 0.0  # seconds before an answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, str | None]] = []  # behaviour, Range
        self.versions = {"ETag": '"v1"'}  # the headers that name the version of the file

    def url(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/data.zip"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        behaviour = self.path.split("/")[1]
        asked = self.headers.get("Range")
        self.server.requests.append((behaviour, asked))
        data, start = self.server.data, 0
        time.sleep(self.server.pause)
        if behaviour == "missing" or len(self.server.requests) > 20:  # no test asks so often
            return self.send_error(404)
        if behaviour == "other":
            data = DATA[::-1]
        if behaviour == "login":
            data = b"<!DOCTYPE html><p>Please log in"
        condition = self.headers.get("If-Range")
        unchanged = condition in (None, *self.server.versions.values())
        unchanged |= behaviour == "careless"
        if behaviour == "unasked":
            self.send_response(206)
            self.send_header("Content-Range", f"bytes 0-{len(data) - 1}/{len(data)}")
        elif asked and behaviour not in ("forgetful", "fickle") and unchanged:
            start = int(re.fullmatch(r"bytes=(\d+)-", asked)[1])
            if start >= len(data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                return self.end_headers()
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        if behaviour != "uncounted":
            self.send_header("Content-Length", str(len(data) - start))
        for key, value in self.server.versions.items():
            self.send_header(key, value)
        self.end_headers()
        if behaviour == "truncating":
            data = data[:200_000]
        if behaviour == "stuttering":
            data = data[: start + 200_000]
        if behaviour == "fickle":
            data = data[: 200_000 - 100_000 * (len(self.server.requests) % 2)]
        self.wfile.write(data[start:])
        return None

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def fetch(folder: Path, *urls: str, sha256: str | None = None) -> Path:
    return download(urls, folder, sha256, timeout=5, attempts=2, pause=0)


def half_a_download(folder: Path, url: str, total: int = len(DATA), etag: str = '"v1"') -> Path:
    part = folder / "data.zip.part"
    part.write_bytes(DATA[:100_000])
    note = {"url": url, "validator": etag, "total": total}
    (folder / "data.zip.part.json").write_text(json.dumps(note))
    return part


WHOLE = ["data.zip", "data.zip.lock", "data.zip.origin.json"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_part_that_nobody_asked_for_is_refused(server, tmp_path: Path):
    with pytest.raises(InputError, match="sends a part of the file, and the whole was asked for"):
        fetch(tmp_path, server.url("unasked"))
    # Nor is it put behind what is left of a download that cannot be gone on with.
    half_a_download(tmp_path, "http://elsewhere/data.zip")
    with pytest.raises(InputError, match="sends a part of the file"):
        fetch(tmp_path, server.url("unasked"))
    assert not (tmp_path / "data.zip").exists()


@pytest.mark.parametrize("behaviour", ["good", "forgetful", "uncounted"])
def test_a_download_is_whole_and_leaves_nothing_else(server, behaviour: str, tmp_path: Path):
    path = fetch(tmp_path / "new", server.url(behaviour), sha256=SHA256)
    assert path.read_bytes() == DATA
    assert names(path.parent) == WHOLE
    assert fetch(path.parent, server.url(behaviour), sha256=SHA256[:8]) == path
    assert len(server.requests) == 1, "a file that is there is not fetched again"


def test_a_broken_download_goes_on_where_it_broke(server, tmp_path: Path, caplog):
    half_a_download(tmp_path, server.url("good"))
    caplog.set_level(logging.INFO)
    assert fetch(tmp_path, server.url("good")).read_bytes() == DATA
    assert server.requests == [("good", "bytes=100000-")]
    assert "from 0.1 MB on" in caplog.text


def test_a_connection_that_breaks_is_taken_up_at_once(server, tmp_path: Path):
    assert fetch(tmp_path, server.url("stuttering")).read_bytes() == DATA
    assert [asked for _, asked in server.requests] == [None, "bytes=200000-", "bytes=400000-"]


def test_a_truncated_download_keeps_its_part_and_the_next_run_completes_it(server, tmp_path: Path):
    with pytest.raises(InputError, match=r"ended after 200,000 of 512,000 bytes.*0\.2 MB are kept"):
        fetch(tmp_path, server.url("truncating"))
    assert names(tmp_path) == ["data.zip.lock", "data.zip.part", "data.zip.part.json"]
    server.requests.clear()
    # Another address may complete it only if a checksum will tell.
    assert fetch(tmp_path, server.url("good"), sha256=SHA256).read_bytes() == DATA
    assert server.requests == [("good", "bytes=200000-")]


def test_without_a_checksum_two_addresses_are_never_joined(server, tmp_path: Path):
    half_a_download(tmp_path, server.url("good"))
    assert fetch(tmp_path, server.url("other")).read_bytes() == DATA[::-1]
    assert server.requests == [("other", None)]


@pytest.mark.parametrize(("total", "etag"), [(len(DATA), '"v0"'), (len(DATA) + 1, '"v1"')])
def test_a_file_that_has_changed_is_fetched_from_the_start(server, total, etag, tmp_path: Path):
    part = half_a_download(tmp_path, server.url("good"), total, etag)
    part.write_bytes(b"?" * 100_000)
    assert fetch(tmp_path, server.url("good")).read_bytes() == DATA


@pytest.mark.parametrize("versions", [{}, {"ETag": 'W/"v1"'}])
def test_without_version_and_checksum_a_part_is_never_continued(server, versions, tmp_path: Path):
    server.versions = versions
    for _ in range(2):
        with pytest.raises(InputError, match="ended after 200,000 of 512,000 bytes"):
            fetch(tmp_path, server.url("truncating"))
    assert fetch(tmp_path / "new", server.url("good")).read_bytes() == DATA
    assert {asked for _, asked in server.requests} == {None}
    server.requests.clear()
    half_a_download(tmp_path, server.url("good"), etag=None)
    assert fetch(tmp_path, server.url("good"), sha256=SHA256).read_bytes() == DATA
    assert server.requests == [("good", "bytes=100000-")], "a checksum would tell"


def test_a_weak_etag_gives_way_to_the_date(server, tmp_path: Path):
    date = "Sat, 01 Jan 2022 00:00:00 GMT"
    server.versions = {"ETag": 'W/"v1"', "Last-Modified": date}
    with pytest.raises(InputError, match="ended after"):
        fetch(tmp_path, server.url("truncating"))
    assert json.loads((tmp_path / "data.zip.part.json").read_text())["validator"] == date
    server.requests.clear()
    half_a_download(tmp_path, server.url("good"), etag=date)
    assert fetch(tmp_path, server.url("good")).read_bytes() == DATA
    assert server.requests == [("good", "bytes=100000-")]


def test_the_rest_of_a_newer_file_is_refused_though_the_server_sends_it(server, tmp_path: Path):
    half_a_download(tmp_path, server.url("careless"), etag='"v0"').write_bytes(b"?" * 100_000)
    assert fetch(tmp_path, server.url("careless")).read_bytes() == DATA
    assert [asked for _, asked in server.requests] == ["bytes=100000-", None]


def test_a_server_that_starts_over_and_breaks_here_and_there_is_given_up(server, tmp_path: Path):
    server.versions = {}
    with pytest.raises(InputError, match=r"ended after \d00,000 of 512,000 bytes"):
        fetch(tmp_path, server.url("fickle"))
    assert len(server.requests) <= 4


def test_a_joined_file_with_a_wrong_checksum_is_fetched_once_more_and_not_for_ever(
    server, tmp_path: Path
):
    with pytest.raises(InputError, match=f"sha256 is {SHA256}, expected 0000"):
        fetch(tmp_path, server.url("stuttering"), sha256="0" * 64)
    assert [asked is None for _, asked in server.requests] == [True, False, False] * 2


def test_a_server_that_ignores_ranges_sends_all_of_it_again(server, tmp_path: Path):
    half_a_download(tmp_path, server.url("forgetful"))
    assert fetch(tmp_path, server.url("forgetful")).read_bytes() == DATA
    assert server.requests == [("forgetful", "bytes=100000-")]


def test_a_part_that_is_complete_or_too_long_is_settled(server, tmp_path: Path):
    part = half_a_download(tmp_path, server.url("good"))
    part.write_bytes(DATA)
    assert fetch(tmp_path, server.url("good")).read_bytes() == DATA
    assert server.requests == [("good", "bytes=512000-")]
    (tmp_path / "data.zip").unlink()
    half_a_download(tmp_path, server.url("good")).write_bytes(DATA + b"?")
    assert fetch(tmp_path, server.url("good")).read_bytes() == DATA


def test_mirrors_are_tried_in_order_and_a_wrong_checksum_is_a_reason_to(server, tmp_path: Path):
    order = ["missing", "other", "good", "forgetful"]
    path = fetch(tmp_path, *map(server.url, order), sha256=SHA256)
    assert path.read_bytes() == DATA
    assert [behaviour for behaviour, _ in server.requests] == order[:3]


def test_a_continued_part_with_a_wrong_checksum_is_fetched_anew(server, tmp_path: Path):
    half_a_download(tmp_path, server.url("other"))
    assert fetch(tmp_path, server.url("good"), sha256=SHA256).read_bytes() == DATA
    assert half_a_download(tmp_path, server.url("good")).write_bytes(b"?" * 100_000)
    (tmp_path / "data.zip").unlink()
    assert fetch(tmp_path, server.url("good"), sha256=SHA256).read_bytes() == DATA
    assert [asked is None for _, asked in server.requests] == [False, False, True]


def test_a_wrong_checksum_ends_in_an_error_until_the_config_is_corrected(server, tmp_path: Path):
    wrong = "0" * 64
    for _ in range(2):
        with pytest.raises(InputError, match=f"sha256 is {SHA256}, expected {wrong}"):
            fetch(tmp_path, server.url("good"), sha256=wrong)
    assert len(server.requests) == 2, "a wrong file is not taken for granted"
    assert fetch(tmp_path, server.url("good"), sha256=SHA256).read_bytes() == DATA
    assert len(server.requests) == 2, "the right file, once the config is corrected, is"


def test_two_jobs_that_want_one_file_fetch_it_once(server, tmp_path: Path):
    server.pause = 0.2
    with ThreadPoolExecutor(3) as jobs:
        wanted = [jobs.submit(fetch, tmp_path, server.url("good")) for _ in range(3)]
        assert [job.result().read_bytes() == DATA for job in wanted] == [True] * 3
    assert server.requests == [("good", None)]
    assert names(tmp_path) == WHOLE


def test_a_job_waits_for_one_of_another_process(server, tmp_path: Path, caplog):
    caplog.set_level(logging.INFO)
    code = (
        "import fcntl, sys; lock = open(sys.argv[1], 'wb'); fcntl.flock(lock, fcntl.LOCK_EX);"
        "print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "data.zip.lock")]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
        ThreadPoolExecutor(1) as jobs,
    ):
        other.stdout.readline()
        job = jobs.submit(fetch, tmp_path, server.url("good"))
        for _ in range(500):
            if "another job is fetching it" in caplog.text:
                break
            time.sleep(0.01)
        assert not server.requests
        (tmp_path / "data.zip").write_bytes(DATA)  # what the other process was about
        origin = {"url": server.url("good"), "sha256": SHA256}
        (tmp_path / "data.zip.origin.json").write_text(json.dumps(origin))
        other.stdin.close()
        assert job.result().read_bytes() == DATA
    assert not server.requests


def test_a_disk_without_locks_is_no_obstacle(server, tmp_path: Path, monkeypatch, caplog):
    def no_locks(handle, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(module.fcntl, "flock", no_locks)
    assert fetch(tmp_path, server.url("good")).read_bytes() == DATA
    assert "this disk has no locks" in caplog.text


def test_a_finished_download_can_lie_in_a_folder_to_read_only(server, tmp_path: Path, monkeypatch):
    path = fetch(tmp_path, server.url("good"), sha256=SHA256)
    monkeypatch.setattr(module, "open", None, raising=False)  # any writing would fail
    (tmp_path / "data.zip.lock").unlink()
    assert fetch(tmp_path, server.url("good"), sha256=SHA256) == path
    assert fetch(tmp_path, server.url("good")) == path
    assert len(server.requests) == 1


def test_without_a_checksum_a_file_is_used_again_only_as_it_came_from_there(
    server, tmp_path: Path, caplog
):
    caplog.set_level(logging.INFO)
    path = fetch(tmp_path, server.url("missing"), server.url("good"))
    assert fetch(tmp_path, server.url("good")) == path
    assert len(server.requests) == 2
    assert fetch(tmp_path, server.url("other")).read_bytes() == DATA[::-1]
    assert "fetching it again (it came from http" in caplog.text
    path.write_bytes(b"changed")
    assert fetch(tmp_path, server.url("other")).read_bytes() == DATA[::-1]
    (tmp_path / "data.zip.origin.json").unlink()
    path.write_bytes(b"put here by hand")
    assert fetch(tmp_path, server.url("other")).read_bytes() == DATA[::-1]
    for note in ("[]", '{"url": "x"', json.dumps({"url": server.url("other")})):
        (tmp_path / "data.zip.origin.json").write_text(note)
        assert fetch(tmp_path, server.url("other")).read_bytes() == DATA[::-1]
    assert len(server.requests) == 8


def test_a_file_that_cannot_be_the_one_meant_is_not_kept(server, tmp_path: Path):
    options = {"attempts": 2, "pause": 0, "objection": not_an_archive}
    with pytest.raises(
        InputError, match=r"login/data\.zip: expected a zip, .*found a web page\. R"
    ):
        download([server.url("login")], tmp_path, **options)
    assert names(tmp_path) == ["data.zip.lock"]
    server.data = b"PK\3\4" + DATA
    path = download([server.url("login"), server.url("good")], tmp_path, **options)
    assert path.read_bytes() == server.data
    with pytest.raises(InputError, match="found a web page"):
        obtain(None, [server.url("login")], None, tmp_path / "new")


def test_weights_of_one_name_do_not_push_each_other_out(server, tmp_path: Path):
    backwards = hashlib.sha256(DATA[::-1]).hexdigest()
    sources = [
        {"url": server.url("good"), "sha256": SHA256},
        {"url": server.url("other"), "sha256": backwards},
        {"url": server.url("good"), "sha256": SHA256[:8].upper()},
    ]
    paths = [weights.obtain_weights(source, tmp_path) for source in sources]
    assert [path.read_bytes() for path in paths] == [DATA, DATA[::-1], DATA]
    assert paths[0] == paths[2] == tmp_path / SHA256[:8] / "data.zip"
    assert len(server.requests) == 2


def test_each_address_that_failed_is_named_with_its_answer(server, tmp_path: Path):
    nobody = "http://127.0.0.1:9/data.zip"  # the discard port: nothing listens there
    with pytest.raises(
        InputError, match=r"missing/data.zip: HTTP 404 Not Found; .*:9/data.zip: .*refused.*mirror"
    ):
        fetch(tmp_path, server.url("missing"), nobody)
    assert len(server.requests) == 1, "a 404 does not go away"


def test_file_addresses_work_and_others_are_refused(tmp_path: Path):
    source = tmp_path / "data.zip"
    source.write_bytes(DATA)
    assert fetch(tmp_path / "new", source.as_uri(), sha256=SHA256).read_bytes() == DATA
    with pytest.raises(InputError, match=r"could not be downloaded.*No such file"):
        fetch(tmp_path / "other", (tmp_path / "none.zip").as_uri())
    with pytest.raises(InputError, match=r"'ftp://x/y\.zip': expected an address that starts with"):
        fetch(tmp_path, "ftp://x/y.zip")
    with pytest.raises(InputError, match="must end in a file name"):
        fetch(tmp_path, "http://127.0.0.1/")


def test_a_full_disk_keeps_what_has_arrived(server, tmp_path: Path, monkeypatch):
    class Full(io.FileIO):
        def write(self, data: bytes) -> int:
            if self.tell() > 300_000:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    with monkeypatch.context() as patch, pytest.raises(InputError, match="the disk is full"):
        patch.setattr(transfer, "open", Full, raising=False)
        fetch(tmp_path, server.url("good"))
    assert "data.zip.part" in names(tmp_path)
    assert fetch(tmp_path, server.url("good")).read_bytes() == DATA
    assert server.requests[1][1] is not None, "continued"


def test_a_file_too_large_for_the_disk_is_refused_before_it_is_fetched(
    server, tmp_path: Path, monkeypatch
):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr("kdlens.disk.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(
        InputError, match=r"the download of data\.zip needs 0\.5 MB and the disk has 1,000 bytes"
    ):
        fetch(tmp_path, server.url("good"))


def test_a_local_archive_comes_before_the_addresses(server, tmp_path: Path, caplog):
    server.data = b"PK\3\4" + DATA
    checksum = hashlib.sha256(server.data).hexdigest()
    archive = tmp_path / "here" / "data.zip"
    archive.parent.mkdir()
    archive.write_bytes(server.data)
    urls = [server.url("good")]
    assert obtain(archive, urls, checksum, tmp_path) == archive
    with pytest.raises(InputError, match="sha256 is"):
        obtain(archive, urls, "0" * 64, tmp_path)
    assert not server.requests
    assert not caplog.text
    assert obtain("none.zip", urls, checksum, tmp_path / "new").read_bytes() == server.data
    assert re.search(r"WARNING.*/none\.zip: not there; fetching it from `urls`", caplog.text)
    with pytest.raises(InputError, match="expected an archive, found a folder"):
        obtain(tmp_path, [], None, tmp_path)
    with pytest.raises(InputError, match="neither `path` nor `urls`"):
        obtain(None, [], None, tmp_path)


def test_a_missing_archive_says_where_it_was_looked_for(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=rf"looked for {tmp_path}/no\.zip\).*`path`.*KDLENS_DATA"):
        obtain("no.zip", [], None, tmp_path)
