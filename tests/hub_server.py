"""A small server that answers as the Hugging Face hub does, as far as its Python clients ask.

    with HubServer(folder) as hub:
        subprocess.run(..., env={**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(empty)})

Below `folder`, `models/<owner>/<name>/<branch>/…` and `datasets/<owner>/<name>/<branch>/…` hold the files; a branch's
slashes are written `%2F`. Names of before a move are redirected as the hub does.
"""

import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

REDIRECTS = {("datasets", "klue"): "klue/klue", ("datasets", "old/klue"): "klue/klue"}
_API = re.compile(r"/api/(models|datasets)/(.+)")
_FILE = re.compile(r"/(datasets/)?([\w.-]+(?:/[\w.-]+)?)/resolve/([^/]+)/(.+)")
_WHAT = re.compile(r"([\w.-]+(?:/[\w.-]+)??)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.*))?|/(discussions))?")


class HubServer:
    """Serves the repositories below a folder on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        self.requests: list[str] = []
        self.discussions: dict[str, list[dict[str, Any]]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.hub = self  # type: ignore[attr-defined]
        self.folder = folder

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "HubServer":
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def branch(self, kind: str, repository: str, revision: str) -> tuple[Path, str] | None:
        """Return a revision's folder and commit, whether it is named by branch or by commit."""
        for folder in sorted((self.folder / kind / repository).glob("*")):
            if unquote(folder.name) == revision or commit(folder) == revision:
                return folder, commit(folder)
        return None


def commit(folder: Path) -> str:
    """Return a made-up commit of a branch's folder."""
    return hashlib.sha1(str(folder).encode()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_HEAD(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, *_: object) -> None:
        pass

    @property
    def _hub(self) -> HubServer:
        return self.server.hub  # type: ignore[attr-defined]

    def _answer(self, body: bytes = b"") -> None:
        self._hub.requests.append(f"{self.command} {self.path}")
        path = urlsplit(self.path).path
        if (match := _API.fullmatch(path)) and (what := _WHAT.fullmatch(match[2])):
            self._answer_api(match[1], what, body)
        elif match := _FILE.fullmatch(path):
            self._answer_file("datasets" if match[1] else "models", match[2], unquote(match[3]), unquote(match[4]))
        else:
            self._refuse("EntryNotFound")

    def _answer_api(self, kind: str, what: re.Match[str], body: bytes) -> None:
        repository, verb, revision = what[1], what[2], unquote(what[3] or "main")
        if self._redirected(kind, repository):
            return
        if what[5]:
            found = self._hub.discussions.get(repository, [])
            self._send_json({"discussions": found, "count": len(found), "start": 0})
            return
        if not (self._hub.folder / kind / repository).is_dir():
            self._refuse("RepoNotFound")
            return
        there = self._hub.branch(kind, repository, revision)
        if there is None:
            self._refuse("RevisionNotFound")
            return
        folder, sha = there
        files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
        if verb == "tree":
            below = folder / unquote(what[4] or "")
            if not below.is_dir():
                self._refuse("EntryNotFound")
                return
            recursive = parse_qs(urlsplit(self.path).query).get("recursive", ["False"])[0].lower() == "true"
            entries = sorted(below.rglob("*") if recursive else below.iterdir())
            self._send_json([_entry(folder, entry) for entry in entries])
        elif verb == "paths-info":
            paths = json.loads(body)["paths"] if body.startswith(b"{") else parse_qs(body.decode())["paths"]
            self._send_json([_entry(folder, folder / path) for path in paths if (folder / path).exists()])
        else:
            names = [{"rfilename": file.relative_to(folder).as_posix()} for file in files]
            about = {"id": repository, "sha": sha, "private": False, "gated": False, "disabled": False, "tags": []}
            self._send_json({**about, "downloads": 0, "likes": 0, "siblings": names})

    def _answer_file(self, kind: str, repository: str, revision: str, name: str) -> None:
        if self._redirected(kind, repository):
            return
        if not (self._hub.folder / kind / repository).is_dir():
            self._refuse("RepoNotFound")
            return
        there = self._hub.branch(kind, repository, revision)
        if there is None:
            self._refuse("RevisionNotFound")
            return
        folder, sha = there
        if not (folder / name).is_file():
            self._refuse("EntryNotFound", **{"X-Repo-Commit": sha})
            return
        content = (folder / name).read_bytes()
        etag = f'"{hashlib.sha1(content).hexdigest()}"'
        self._send(200, content, **{"X-Repo-Commit": sha, "ETag": etag, "Accept-Ranges": "bytes"})

    def _redirected(self, kind: str, repository: str) -> bool:
        target = REDIRECTS.get((kind, repository))
        if target is None:
            return False
        # The hub keeps its redirects on its own host, as a path.
        self._send(307, b"", Location=self.path.replace(f"/{repository}", f"/{quote(target)}", 1))
        return True

    def _refuse(self, code: str, **headers: str) -> None:
        self._send(404, b'{"error": "not found"}', **{"X-Error-Code": code, "X-Error-Message": code, **headers})

    def _send_json(self, content: Any) -> None:
        self._send(200, json.dumps(content).encode(), **{"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _entry(folder: Path, path: Path) -> dict[str, Any]:
    name = path.relative_to(folder).as_posix()
    oid = hashlib.sha1(path.read_bytes() if path.is_file() else name.encode()).hexdigest()
    if path.is_dir():
        return {"type": "directory", "path": name, "oid": oid, "size": 0}
    return {"type": "file", "path": name, "oid": oid, "size": path.stat().st_size}
