"""Notes what the committed records of schema 1 hold, so that a test can find all of it in their new places.

    python3 Reference/record_scalars.py > Tests/Vectors/records-schema1.json

Was run once, on the commit before the records were rewritten. Of every record: its old id, its new path, the
digest of the science that measured it, the options as they were written, and SHA-256 over all its other
scalars: lines `pointer<TAB>kind value`, sorted; a number is the 16 hex digits of its double.
"""

import glob
import hashlib
import json
import struct

APART = ("/schema", "/cell/schema", "/cell/id", "/cell/scienceDigest", "/cell/method/options")


def scalars(value, pointer=""):
    """All scalars of a JSON value as lines."""
    if any(pointer == place or pointer.startswith(place + "/") for place in APART):
        return
    if isinstance(value, dict):
        for name, member in value.items():
            yield from scalars(member, f"{pointer}/{name}")
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from scalars(element, f"{pointer}/{index}")
    elif value is None:
        yield f"{pointer}\tz"
    elif isinstance(value, bool):
        yield f"{pointer}\tb{str(value).lower()}"
    elif isinstance(value, str):
        yield f"{pointer}\ts{value}"
    else:
        yield f"{pointer}\tn{struct.pack('>d', float(value)).hex()}"


def main():
    """Prints one line for each record."""
    records = []
    for path in glob.glob("tables/*/records/*/*.json") + glob.glob("tables/*/tuning/records/*.json"):
        with open(path, encoding="utf-8") as file:
            record = json.load(file)
        cell = record["cell"]
        place = cell["address"]
        folder = path.rsplit("/", 1)[0]
        if folder.endswith("/records"):
            folder += "/" + place["scale"]
        task = "." + place["task"] if place.get("task") else ""
        name = f"{place['row']}.{place['column']}.seed{place['seed']}{task}.json"
        lines = "".join(sorted(line + "\n" for line in scalars(record)))
        records.append(
            {
                "path": f"{folder}/{name}",
                "id": cell["id"],
                "science": cell["scienceDigest"],
                "scalars": hashlib.sha256(lines.encode()).hexdigest(),
                "options": cell["method"]["options"],
            }
        )
    records.sort(key=lambda record: record["path"])
    print("[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]")


if __name__ == "__main__":
    main()
