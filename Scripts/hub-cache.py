"""Whether huggingface_hub itself reads what `zeroqat fetch` wrote, and the other way round.

    python3 Scripts/hub-cache.py .build/release/zeroqat

Starts a small hub on this machine: one repository, whose large file is at another port behind a redirect and is cut once in
its middle. `make hub` runs it with a huggingface_hub of its own. Exit codes: 0 it does; 1 something differs; 77 skipped, as there is
no huggingface_hub.
"""

import hashlib
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

try:
    import huggingface_hub
except ImportError:
    print("SKIPPED: huggingface_hub isn't installed; 'make hub' brings one of its own", file=sys.stderr)
    sys.exit(77)

COMMIT = "0123456789" * 4
ID = "owner/model"
SECRET = "hf_nobodyMaySeeThis"
WEIGHTS = bytes((i * 2654435761 >> 13) & 255 for i in range(3_000_000))
FILES = {
    "config.json": b'{"model_type": "llama"}',
    "tokenizer.json": b"{}",
    "model.safetensors": WEIGHTS,
    "notes/read.md": b"# Below a folder\n",
}


def name(path):
    """What the hub calls a file's bytes, and whether it is a large one."""
    data = FILES[path]
    if path.endswith(".safetensors"):
        return hashlib.sha256(data).hexdigest(), True
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(), False


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []
    cuts = 1

    def log_message(self, *_):
        pass

    def send(self, status, fields, body=b"", cut=None):
        self.send_response(status)
        for field in fields.items():
            self.send_header(*field)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        port = self.server.server_port
        Hub.seen.append((port, self.command, self.path, self.headers.get("Range"), self.headers.get("Authorization")))
        if self.path.startswith(f"/api/models/{ID}"):
            siblings = []
            for path, data in FILES.items():
                digest, is_large = name(path)
                entry = {"rfilename": path, "size": len(data), "blobId": digest[:40]}
                if is_large:
                    entry["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 132}
                siblings.append(entry)
            return self.send(200, {"Content-Type": "application/json"},
                             json.dumps({"id": ID, "modelId": ID, "sha": COMMIT, "private": False, "tags": [],
                                         "downloads": 0, "likes": 0, "siblings": siblings}).encode())
        if self.path.startswith("/large/"):
            start = int((self.headers.get("Range") or "bytes=0-")[6:].split("-")[0])
            cut = None
            if Hub.cuts > 0 and self.command == "GET":
                Hub.cuts -= 1
                cut = len(WEIGHTS) // 2
            if start:
                return self.send(206, {"Content-Range": f"bytes {start}-{len(WEIGHTS) - 1}/{len(WEIGHTS)}"}, WEIGHTS[start:], cut)
            return self.send(200, {}, WEIGHTS, cut)
        prefix = f"/{ID}/resolve/{COMMIT}/"
        path = self.path.removeprefix(prefix).removeprefix(f"/{ID}/resolve/main/")
        if path not in FILES:
            return self.send(404, {"X-Error-Code": "EntryNotFound"})
        digest, is_large = name(path)
        facts = {"X-Repo-Commit": COMMIT, "ETag": f'"{digest}"'}
        if is_large:
            facts |= {"Location": f"http://127.0.0.1:{Hub.other}/large/{path}", "X-Linked-Etag": f'"{digest}"',
                      "X-Linked-Size": str(len(FILES[path])), "ETag": '"another"'}
            return self.send(302, facts)
        return self.send(200, facts, FILES[path])


def serve():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def expect(condition, words):
    if not condition:
        print(f"FAILED: {words}", file=sys.stderr)
        sys.exit(1)
    print(f"ok: {words}")


def main():
    zeroqat = os.path.abspath(sys.argv[1])
    hub, Hub.other = serve(), serve()
    endpoint = f"http://127.0.0.1:{hub}"
    with tempfile.TemporaryDirectory() as folder:
        def fetch(home, *options, **more):
            environment = {"PATH": os.environ["PATH"], "HOME": folder, "HF_HOME": home, "HF_ENDPOINT": endpoint, "HF_TOKEN": SECRET, **more}
            return subprocess.run([zeroqat, "fetch", ID, *options], env=environment, capture_output=True, text=True)

        home = f"{folder}/ours"
        done = fetch(home, "--all")
        expect(done.returncode == 0, f"fetch ends with 0\n{done.stderr}")
        expect(any(r[0] == Hub.other and r[3] == f"bytes={len(WEIGHTS) // 2}-" for r in Hub.seen), "what was cut is gone on with")
        expect(all(r[4] is None for r in Hub.seen if r[0] == Hub.other), "the other host sees no token")
        expect(all(r[4] == f"Bearer {SECRET}" for r in Hub.seen if r[0] == hub), "the hub sees it")
        expect(SECRET not in done.stdout + done.stderr, "it isn't printed")
        expect(not any(SECRET.encode() in path.read_bytes() for path in pathlib.Path(home).rglob("*") if path.is_file()), "nor stored")

        cache = f"{home}/hub"
        Hub.seen.clear()
        snapshot = huggingface_hub.snapshot_download(ID, cache_dir=cache, local_files_only=True)
        expect(os.path.samefile(snapshot, done.stdout.strip()), f"huggingface_hub {huggingface_hub.__version__} finds the snapshot, offline")
        for path, data in FILES.items():
            found = huggingface_hub.hf_hub_download(ID, path, cache_dir=cache, local_files_only=True)
            expect(pathlib.Path(found).read_bytes() == data, f"and '{path}' in it")
        expect(not Hub.seen, "without asking anybody")
        scanned = huggingface_hub.scan_cache_dir(cache)
        expect(not scanned.warnings, f"its scan of the cache has nothing to complain about {scanned.warnings}")
        (repository,) = scanned.repos
        (revision,) = repository.revisions
        expect((repository.repo_id, revision.commit_hash, set(revision.refs), len(revision.files)) == (ID, COMMIT, {"main"}, len(FILES)),
               "and sees the same repository, commit, branch and files")

        # The other way round: what huggingface_hub fetched is there for zeroqat.
        home = f"{folder}/theirs"
        for path in FILES:
            huggingface_hub.hf_hub_download(ID, path, cache_dir=f"{home}/hub", endpoint=endpoint, token=SECRET)
        Hub.seen.clear()
        again = fetch(home, "--all")
        expect(again.returncode == 0 and "all 4 files were there" in again.stderr, f"what huggingface_hub fetched isn't fetched again\n{again.stderr}")
        expect(not any(r[1] == "GET" and "/resolve/" in r[2] for r in Hub.seen), "nor asked for")
        offline = fetch(home, HF_HUB_OFFLINE="1")
        expect(offline.returncode == 0, "and is found offline")
    print("huggingface_hub and zeroqat read each other's cache")


main()
