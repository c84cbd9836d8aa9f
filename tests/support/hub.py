"""A stand-in Hub: a server on loopback that the real `huggingface_hub` client works against over HTTP.

Repositories, commits and files are kept in memory with git's own ids. It knows datasets, tokens, private
repositories, LFS, one commit at a time (412 on a stale parent), tags, ranged downloads, and nothing else
(no Xet, no pull requests). Faults are scripted: `hub.fail("commit", 500, after=True)` commits and then says 500.
"""

import base64
import binascii
import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import uvicorn
import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

_DATE = "2026-01-01T00:00:00.000Z"
_GIT_ATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"
_BAD_TOKEN = "Invalid credentials in Authorization header"  # the Hub's own words; the client looks for them
_DISABLED = "Access to this resource is disabled."


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's bytes with the ids that git and LFS give them."""

    content: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git_id(self) -> str:
        return hashlib.sha1(b"blob %d\0" % len(self.stored) + self.stored).hexdigest()

    @property
    def stored(self) -> bytes:
        """What git holds: the bytes, or the LFS pointer to them."""
        if not self.lfs:
            return self.content
        pointer = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {len(self.content)}\n"
        )
        return pointer.encode()

    @property
    def etag(self) -> str:
        return self.sha256 if self.lfs else self.git_id


Tree = dict[str, Blob]


@dataclass(slots=True)
class Repository:
    """A dataset repository: commits (id -> files), the head of `main`, tags, and LFS objects of its own."""

    name: str
    private: bool
    disabled: bool = False
    commits: dict[str, Tree] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)

    @property
    def head(self) -> str:
        return self.history[-1]

    def commit(self, tree: Tree, message: str) -> str:
        """Add a commit to `main` and return its id."""
        listing = "".join(f"{path} {blob.git_id}\n" for path, blob in sorted(tree.items()))
        parent = self.history[-1] if self.history else ""
        commit = hashlib.sha1(f"{parent}\n{message}\n{listing}".encode()).hexdigest()
        self.commits[commit] = tree
        self.history.append(commit)
        self.messages.append(message)
        return commit

    def resolve(self, revision: str) -> str | None:
        """Return the commit that a tag, a branch or a commit id names."""
        if revision == "main":
            return self.head
        return self.tags.get(revision) or (revision if revision in self.commits else None)


@dataclass(slots=True)
class Fault:
    """An answer to give instead of the real one, or (`after`) once the real one has taken effect."""

    status: int
    times: int
    after: bool
    body: str | None


class HubError(Exception):
    """An answer with an error status and the headers that the client reads."""

    def __init__(self, status: int, message: str, code: str | None = None) -> None:
        super().__init__(message)
        headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})
        self.response = JSONResponse({"error": message}, status_code=status, headers=headers)


@dataclass(slots=True)
class Hub:
    """The state of the server, which a test reads and scripts while the server runs."""

    endpoint: str = ""
    tokens: dict[str, bool] = field(default_factory=lambda: {"hf_writer": True, "hf_reader": False})
    """Token -> whether it may write."""
    repositories: dict[str, Repository] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    """The steps that were asked for, in order: `create`, `info`, `commit`, `tag`, ..."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    corrupt: set[str] = field(default_factory=set)
    """Paths that are downloaded with one byte changed, at the same size."""
    ignores_visibility: bool = False
    """Creates public repositories, like a server that only knows the older `private` field."""
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """Called, once each, right before a commit is looked at: what somebody else does in between."""

    def reset(self) -> None:
        """Forget every repository, request and fault; keep the address."""
        fresh = Hub(endpoint=self.endpoint)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))

    def fail(
        self, step: str, status: int, *, times: int = 1, after: bool = False, body: str | None = None
    ) -> None:
        """Answer the next `times` requests of a step with `status`."""
        self.faults.setdefault(step, []).append(Fault(status, times, after, body))

    def take_fault(self, step: str) -> Fault | None:
        """Return the fault that the next answer of a step has, if any."""
        waiting = self.faults.get(step, [])
        if not waiting:
            return None
        waiting[0].times -= 1
        return waiting.pop(0) if waiting[0].times == 0 else waiting[0]

    def commit(self, repository: str, files: dict[str, bytes], message: str = "By hand") -> str:
        """Commit files on top of the head, as somebody else would."""
        known = self.repositories[repository]
        changed = {path: Blob(content, path.endswith(".parquet")) for path, content in files.items()}
        return known.commit({**known.commits[known.head], **changed}, message)


@contextlib.contextmanager
def running_hub() -> Iterator[Hub]:
    """Run a stand-in Hub on a free port of 127.0.0.1, in a thread of this process."""
    hub = Hub()
    config = uvicorn.Config(
        _Application(hub), host="127.0.0.1", port=0, log_level="critical", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            msg = "the stand-in Hub did not start"
            raise RuntimeError(msg)
        time.sleep(0.005)
    hub.endpoint = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield hub
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(timeout=10)


Handler = Callable[["_Call"], Awaitable[Response]]


@dataclass(slots=True)
class _Call:
    hub: Hub
    request: Request
    parts: list[str]
    writes: bool | None
    """None for an anonymous caller."""

    @property
    def repository(self) -> Repository:
        return self.named(f"{self.parts[0]}/{self.parts[1]}")

    def named(self, name: str) -> Repository:
        found = self.hub.repositories.get(name)
        if found is None or (found.private and self.writes is None):
            raise HubError(401 if self.writes is None else 404, "Repository not found", "RepoNotFound")
        if found.disabled:
            raise HubError(403, _DISABLED)
        return found

    def tree(self, revision: str) -> tuple[str, Tree]:
        commit = self.repository.resolve(revision)
        if commit is None:
            raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit, self.repository.commits[commit]

    def require_write(self) -> None:
        if not self.writes:
            raise HubError(403 if self.writes is not None else 401, "This token may not write")


class _Application:
    """Routes on the raw path: a segment may hold an encoded slash."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["raw_path"].decode().split("?")[0]
        parts = [unquote(part) for part in path.strip("/").split("/")]
        response = await self._answer(request, parts)
        await response(scope, receive, send)

    async def _answer(self, request: Request, parts: list[str]) -> Response:
        try:
            step, handler, rest = _route(request.method, parts)
            self._hub.requests.append(step)
            fault = self._hub.take_fault(step)
            if fault is not None and not fault.after:
                return _fault(fault)
            response = await handler(_Call(self._hub, request, rest, self._writes(request, step)))
        except HubError as error:
            return error.response
        return response if fault is None else _fault(fault)

    def _writes(self, request: Request, step: str) -> bool | None:
        given = request.headers.get("authorization", "")
        if not given or step == "lfs_put":
            return None
        token = given.removeprefix("Bearer ")
        if token not in self._hub.tokens:
            raise HubError(401, _BAD_TOKEN)
        return self._hub.tokens[token]


def _fault(fault: Fault) -> Response:
    if fault.body is not None:
        return Response(fault.body, status_code=fault.status, media_type="text/html")
    return JSONResponse({"error": "scripted"}, status_code=fault.status)


def _route(method: str, parts: list[str]) -> tuple[str, Handler, list[str]]:
    match [method, *parts]:
        case ["GET", "api", "whoami-v2"]:
            return "whoami", _whoami, []
        case ["POST", "api", "repos", "create"]:
            return "create", _create, []
        case ["POST", "api", "validate-yaml"]:
            return "validate", _validate, []
        case ["GET", "api", "datasets", space, name]:
            return "info", _info, [space, name, "main"]
        case ["GET", "api", "datasets", space, name, "revision", revision]:
            return "info", _info, [space, name, revision]
        case ["GET", "api", "datasets", space, name, "refs"]:
            return "refs", _refs, [space, name]
        case ["GET", "api", "datasets", space, name, "tree", revision, *folder]:
            return "tree", _tree, [space, name, revision, "/".join(folder)]
        case ["GET", "api", "datasets", space, name, "commits", revision]:
            return "commits", _commits, [space, name, revision]
        case ["POST", "api", "datasets", space, name, "paths-info", revision]:
            return "paths", _paths, [space, name, revision]
        case ["POST", "api", "datasets", space, name, "preupload", revision]:
            return "preupload", _preupload, [space, name, revision]
        case ["POST", "api", "datasets", space, name, "commit", revision]:
            return "commit", _commit, [space, name, revision]
        case ["POST", "api", "datasets", space, name, "tag", revision]:
            return "tag", _tag, [space, name, revision]
        case ["POST", "datasets", space, name, "info", "lfs", "objects", "batch"]:
            return "lfs_batch", _lfs_batch, [space, name.removesuffix(".git")]
        case ["POST", "datasets", space, name, "lfs", "verify"]:
            return "lfs_verify", _lfs_verify, [space, name]
        case ["PUT", "datasets", space, name, "lfs", oid]:
            return "lfs_put", _lfs_put, [space, name, oid]
        case ["GET" | "HEAD", "datasets", space, name, "resolve", revision, *path]:
            return "download", _download, [space, name, revision, "/".join(path)]
    raise HubError(404, "No such endpoint")


async def _whoami(call: _Call) -> Response:
    if call.writes is None:
        raise HubError(401, _BAD_TOKEN)
    return JSONResponse({"type": "user", "name": "writer" if call.writes else "reader", "orgs": []})


async def _create(call: _Call) -> Response:
    call.require_write()
    asked = await call.request.json()
    name = f"{asked['organization'] or 'writer'}/{asked['name']}"
    url = f"{call.hub.endpoint}/datasets/{name}"
    if name in call.hub.repositories:
        return JSONResponse({"error": "You already created this dataset repo", "url": url}, status_code=409)
    private = asked.get("visibility") == "private" and not call.hub.ignores_visibility
    repository = Repository(name, private)
    repository.commit({".gitattributes": Blob(_GIT_ATTRIBUTES, lfs=False)}, "initial commit")
    call.hub.repositories[name] = repository
    return JSONResponse({"url": url})


async def _validate(call: _Call) -> Response:
    content = (await call.request.json())["content"]
    try:
        metadata = yaml.safe_load(content.split("---")[1])
        valid = isinstance(metadata, dict)
    except (yaml.YAMLError, IndexError):
        valid = False
    errors = [] if valid else [{"message": "Invalid metadata in README.md"}]
    return JSONResponse({"warnings": [], "errors": errors}, status_code=200 if valid else 400)


async def _info(call: _Call) -> Response:
    commit, tree = call.tree(call.parts[2])
    repository = call.repository
    with_blobs = call.request.query_params.get("blobs") == "true"
    return JSONResponse(
        {
            "id": repository.name,
            "sha": commit,
            "private": repository.private,
            "gated": False,
            "disabled": False,
            "createdAt": _DATE,
            "lastModified": _DATE,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": [_sibling(path, blob, with_blobs=with_blobs) for path, blob in sorted(tree.items())],
        }
    )


def _sibling(path: str, blob: Blob, *, with_blobs: bool) -> dict[str, Any]:
    if not with_blobs:
        return {"rfilename": path}
    lfs = {"sha256": blob.sha256, "size": len(blob.content), "pointerSize": len(blob.stored)} if blob.lfs else None
    shown = {"rfilename": path, "size": len(blob.content), "blobId": blob.git_id}
    return shown | ({"lfs": lfs} if lfs else {})


async def _refs(call: _Call) -> Response:
    repository = call.repository
    tags = [
        {"name": name, "ref": f"refs/tags/{name}", "targetCommit": commit}
        for name, commit in repository.tags.items()
    ]
    main = {"name": "main", "ref": "refs/heads/main", "targetCommit": repository.head}
    return JSONResponse({"branches": [main], "converts": [], "tags": tags})


async def _commits(call: _Call) -> Response:
    repository = call.repository
    listed = [
        {"id": commit, "authors": [{"user": "writer"}], "date": _DATE, "title": title, "message": ""}
        for commit, title in zip(repository.history, repository.messages, strict=True)
    ]
    return JSONResponse(listed[::-1])


async def _tree(call: _Call) -> Response:
    _, tree = call.tree(call.parts[2])
    folder = call.parts[3]
    inside = {path: blob for path, blob in tree.items() if not folder or path.startswith(folder + "/")}
    if folder and not inside:
        raise HubError(404, f"{folder} does not exist", "EntryNotFound")
    return JSONResponse([_tree_entry(path, blob) for path, blob in sorted(inside.items())])


async def _paths(call: _Call) -> Response:
    _, tree = call.tree(call.parts[2])
    asked = parse_qs((await call.request.body()).decode()).get("paths", [])
    return JSONResponse([_tree_entry(path, tree[path]) for path in asked if path in tree])


def _tree_entry(path: str, blob: Blob) -> dict[str, Any]:
    shown = {"type": "file", "oid": blob.git_id, "size": len(blob.content), "path": path}
    lfs = {"oid": blob.sha256, "size": len(blob.content), "pointerSize": len(blob.stored)}
    return shown | ({"lfs": lfs} if blob.lfs else {})


async def _preupload(call: _Call) -> Response:
    call.require_write()
    _, tree = call.tree(call.parts[2])
    answers = []
    for file in (await call.request.json())["files"]:
        known = tree.get(file["path"])
        mode = "lfs" if file["path"].endswith(".parquet") and file["size"] else "regular"
        oid = known.etag if known else None
        answers.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": oid})
    return JSONResponse({"files": answers})


async def _lfs_batch(call: _Call) -> Response:
    call.require_write()
    repository = call.repository
    base = f"{call.hub.endpoint}/datasets/{repository.name}/lfs"
    objects = []
    for asked in (await call.request.json())["objects"]:
        answer: dict[str, Any] = {"oid": asked["oid"], "size": asked["size"]}
        if asked["oid"] not in repository.objects:
            # The client sends no token to an upload address, so the address carries its own.
            upload = {"href": f"{base}/{asked['oid']}?signature={_signature(asked['oid'])}"}
            answer["actions"] = {"upload": upload, "verify": {"href": f"{base}/verify"}}
        objects.append(answer)
    return JSONResponse({"transfer": "basic", "objects": objects})


def _signature(oid: str) -> str:
    return hashlib.sha256(f"stand-in {oid}".encode()).hexdigest()


async def _lfs_put(call: _Call) -> Response:
    oid = call.parts[2]
    content = await call.request.body()
    if call.request.query_params.get("signature") != _signature(oid):
        raise HubError(403, "The upload address is not signed")
    if hashlib.sha256(content).hexdigest() != oid:
        raise HubError(400, "The bytes are not those of the address")
    call.hub.repositories[f"{call.parts[0]}/{call.parts[1]}"].objects[oid] = content
    return Response(status_code=200)


async def _lfs_verify(call: _Call) -> Response:
    call.require_write()
    asked = await call.request.json()
    content = call.repository.objects.get(asked["oid"])
    if content is None or len(content) != asked["size"]:
        raise HubError(404, "No such object")
    return JSONResponse({})


async def _commit(call: _Call) -> Response:
    call.require_write()
    repository = call.repository
    lines = [json.loads(line) for line in (await call.request.body()).splitlines()]
    while call.hub.meanwhile:
        call.hub.meanwhile.pop(0)()
    header = lines[0]["value"]
    if header.get("parentCommit") not in {None, repository.head}:
        raise HubError(412, "The branch was updated since you opened this page. Please refresh and try again.")
    tree = dict(repository.commits[repository.head])
    for line in lines[1:]:
        _apply(repository, tree, line["key"], line["value"])
    commit = repository.commit(tree, header["summary"])
    url = f"{call.hub.endpoint}/datasets/{repository.name}/commit/{commit}"
    return JSONResponse({"commitUrl": url, "commitOid": commit})


def _apply(repository: Repository, tree: Tree, key: str, value: dict[str, Any]) -> None:
    path = value["path"]
    if "\\" in path or any(part in {"", ".", ".."} for part in path.split("/")):
        raise HubError(422, "Invalid path")
    match key:
        case "file":
            try:
                tree[path] = Blob(base64.b64decode(value["content"], validate=True), lfs=False)
            except binascii.Error:
                raise HubError(400, "Invalid content") from None
        case "lfsFile":
            if value["oid"] not in repository.objects:
                raise HubError(400, "LFS object was not uploaded")
            tree[path] = Blob(repository.objects[value["oid"]], lfs=True)
        case "deletedFile":
            if path not in tree:
                raise HubError(404, "A file with this name doesn't exist", "EntryNotFound")
            del tree[path]
        case _:
            raise HubError(400, "Unknown operation")


async def _tag(call: _Call) -> Response:
    call.require_write()
    commit, _ = call.tree(call.parts[2])
    tag = (await call.request.json())["tag"]
    if tag in call.repository.tags:
        raise HubError(409, f"Tag reference exists already: {tag}")
    call.repository.tags[tag] = commit
    return Response(status_code=201)


async def _download(call: _Call) -> Response:
    commit, tree = call.tree(call.parts[2])
    path = call.parts[3]
    blob = tree.get(path)
    headers = {"X-Repo-Commit": commit, "Accept-Ranges": "bytes"}
    if blob is None:
        error = HubError(404, "Entry not found", "EntryNotFound")
        error.response.headers.update(headers)
        raise error
    content = blob.content
    if path in call.hub.corrupt:
        middle = len(content) // 2
        content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    headers |= {"ETag": f'"{blob.etag}"'}
    if blob.lfs:
        headers |= {"X-Linked-Etag": f'"{blob.etag}"', "X-Linked-Size": str(len(content))}
    return _ranged(call.request, content, headers)


def _ranged(request: Request, content: bytes, headers: dict[str, str]) -> Response:
    status, part = 200, content
    asked = request.headers.get("range", "")
    if asked.startswith("bytes="):
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start = int(first) if first else len(content) - int(last)
        end = min(int(last), len(content) - 1) if first and last else len(content) - 1
        if not 0 <= start < len(content):
            return Response(status_code=416, headers={"Content-Range": f"bytes */{len(content)}"})
        status, part = 206, content[start : end + 1]
        headers |= {"Content-Range": f"bytes {start}-{end}/{len(content)}"}
    headers |= {"Content-Length": str(len(part)), "Content-Type": "application/octet-stream"}
    return Response(b"" if request.method == "HEAD" else part, status_code=status, headers=headers)
