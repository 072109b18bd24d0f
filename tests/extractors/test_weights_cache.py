import hashlib
import http.server
import socket
import threading

import pytest

from tf_dictsum.extractors.weights_cache import GOOGLENET, Source, cache_folder, find_weights
from tf_dictsum.util.errors import UserError

CONTENT = bytes(range(256)) * 9000


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/broken" else CONTENT)

    def log_message(self, *_):
        self.server.paths.append(self.path)


@pytest.fixture(scope="module")
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as made:
        made.paths = []
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def source(server, path, name="weights.bin", digest=None):
    digest = digest or hashlib.sha1(CONTENT).hexdigest()
    return Source(
        name, f"http://127.0.0.1:{server.server_port}/{path}", "sha1", digest, len(CONTENT)
    )


def test_download_check_and_keep(server, tmp_path):
    seen = []
    wanted = source(server, "file")
    server.paths.clear()
    path = find_weights("", (wanted,), lambda _, count: seen.append(count), tmp_path / "cache")
    assert path == tmp_path / "cache" / "weights.bin"
    assert path.read_bytes() == CONTENT
    assert seen == sorted(seen)
    assert seen[-1] == len(CONTENT)
    assert find_weights("", (wanted,), None, tmp_path / "cache") == path
    assert len(server.paths) == 1  # the second time nothing was asked for


def test_the_next_address_is_tried(server, tmp_path):
    sources = (source(server, "missing", "a"), source(server, "file", "b"))
    assert find_weights("", sources, None, tmp_path).name == "b"


def test_what_is_in_the_cache_comes_before_any_address(server, tmp_path):
    (tmp_path / "b").write_bytes(CONTENT)
    assert (
        find_weights(
            "", (source(server, "file", "a"), source(server, "file", "b")), None, tmp_path
        ).name
        == "b"
    )


def test_a_flipped_bit_in_the_cache_is_one_line(server, tmp_path):
    wanted = source(server, "file")
    path = find_weights("", (wanted,), None, tmp_path)
    for place in (0, len(CONTENT) // 2, len(CONTENT) - 1):
        damaged = bytearray(CONTENT)
        damaged[place] ^= 4
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=r"weights.bin: not the published file .* Delete it"):
            find_weights("", (wanted,), None, tmp_path)
    path.write_bytes(CONTENT)
    assert find_weights("", (wanted,), None, tmp_path) == path


def test_nothing_half_fetched_or_false_is_kept(server, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    sources = (
        source(server, "missing", "a"),
        source(server, "broken", "b"),
        source(server, "file", "c", "0" * 40),
        Source("d", f"http://127.0.0.1:{port}/d", "sha1", "0" * 40),
    )
    with pytest.raises(UserError) as caught:
        find_weights("", sources, None, tmp_path)
    text = str(caught.value)
    for part in (
        f"no weights: {tmp_path} has none and they cannot be downloaded",
        "/missing: HTTP Error 404: Not Found",
        "/broken: ",
        "has another sha1 than the published file",
        "Connection refused",
        "Get one of a, b, c, d elsewhere and put it there, or name it by --weights=FILE",
    ):
        assert part in text
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_cannot_be_written(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot write it"):
        find_weights("", (source(server, "file"),), None, tmp_path / "file" / "cache")


def test_a_named_file(tmp_path):
    with pytest.raises(UserError, match=r"--weights=.*none.npz: no such file"):
        find_weights(str(tmp_path / "none.npz"), ())
    (tmp_path / "w.npz").touch()
    assert find_weights(str(tmp_path / "w.npz"), ()) == tmp_path / "w.npz"


def test_where_the_cache_is(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "tf_dictsum" / "weights"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "tf_dictsum" / "weights"


def test_published_addresses():
    for published in GOOGLENET:
        assert len(published.digest) == hashlib.new(published.algorithm).digest_size * 2
        assert published.url.endswith(published.name)
        assert int(published.digest, 16)
