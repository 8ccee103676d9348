"""The text of a split of datasets/classics, put together without any of this project's code.

Used by the scripts beside it. A part is a byte range of a file, in the form `jsonl:text` the member "text" of
each line's object with LF after each; CR LF becomes LF; parts are joined by two newlines.
"""

import hashlib
import json
import pathlib

root = pathlib.Path(__file__).resolve().parent.parent


def text(folder, split):
    """The split's text as bytes; files are looked for in `folder` and checked against the manifest."""
    manifest = json.loads((root / "datasets/classics/manifest.json").read_text())
    digests = {f["name"]: f["sha256"] for f in manifest["files"]}
    parts = []
    for part in manifest["splits"][0][split]:
        data = (pathlib.Path(folder) / part["file"]).read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found != digests[part["file"]]:
            raise SystemExit(f"{part['file']}: expected SHA-256 {digests[part['file']]}, found {found}")
        data = data[part.get("from", 0) : part.get("to")]
        if part.get("form") == "jsonl:text":
            data = b"".join(json.loads(line)["text"].encode() + b"\n" for line in data.splitlines())
        parts.append(data.replace(b"\r\n", b"\n"))
    return b"\n\n".join(parts)
