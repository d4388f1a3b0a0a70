"""What `record.py` keeps of an output: the values that are short, and hashes of the rest, each under the path of its place.

An output becomes a flat map from paths to texts. A text is a short JSON value as it is; or `#` and the first ten hex digits
of the SHA-256 of the canonical content, after the number of entries where it is a list. So a comparison can say which tensor,
column, key, step or lines have changed, and what a short value was, without keeping the whole output.
"""

import csv
import hashlib
import io
import json
import struct

#: Longer JSON values are kept as a hash.
SHORT = 24
#: Longer lists of objects are kept by key over all objects, not object by object.
FEW = 16
#: Lines of a document that share a hash.
LINES = 16


def fingerprint(data):
    """The hash of bytes or text, shortened: 40 bits are enough to notice a change."""
    if isinstance(data, str):
        data = data.encode("utf-8")
    return "#" + hashlib.sha256(data).hexdigest()[:10]


def canonical(value):
    """JSON with sorted keys and without spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def brief(value):
    """A JSON value, or its hash where it is long."""
    text = canonical(value)
    if len(text) <= SHORT:
        return text
    return f"{len(value)} entries {fingerprint(text)}" if isinstance(value, list) else fingerprint(text)


def _has_objects(value):
    return isinstance(value, dict) or (isinstance(value, list) and any(_has_objects(item) for item in value))


def _names(items, few):
    """A name for each object of a list, where they have one."""
    if len(items) > few:
        return None
    names = [item.get("name") for item in items]
    if all(isinstance(name, str) for name in names) and len(set(names)) == len(names):
        return names
    return [str(number) for number in range(1, len(items) + 1)]


def flatten(value, path="", few=FEW):
    """A flat map of a JSON value.

    A list of at most `few` objects is kept object by object, by name or number. In a longer one, each key has one hash for
    what all objects have under it, and its path has `[]`.
    """
    kept = {}

    def walk(value, path):
        if isinstance(value, dict) and value:
            for key, item in value.items():
                walk(item, f"{path}/{key}" if path else key)
        elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            names = _names(value, few)
            if names is not None:
                for name, item in zip(names, value, strict=True):
                    walk({key: value for key, value in item.items() if (key, value) != ("name", name)}, f"{path}/{name}")
                return
            rows = [flatten(item, few=few) for item in value]
            for key in sorted({key for row in rows for key in row}):
                column = [row.get(key) for row in rows]
                kept[f"{path}[]/{key}"] = column[0] if len(set(column)) == 1 and column[0] else brief(column)
        else:
            kept[path] = brief(value)

    walk(value, path)
    return kept


def under(prefix, kept):
    """The same map, a level further down."""
    return {f"{prefix}/{path}" if path else prefix: text for path, text in kept.items()}


def json_text(data, few=FEW):
    """A flat map of JSON that was read from bytes."""
    return flatten(json.loads(data.decode("utf-8")), few=few)


def document(data):
    """The lines of a text document, in groups that share a hash: each under the number of its first line."""
    lines = data.decode("utf-8").split("\n")
    groups = [lines[start : start + LINES] for start in range(0, len(lines), LINES)]
    kept = {
        f"line {LINES * number + 1:04}": fingerprint("\n".join(group))
        for number, group in enumerate(groups)
    }
    return {**kept, "bytes": str(len(data))}


def table(data):
    """The columns of CSV, and all of it."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))
    kept = {"bytes": fingerprint(data), "rows": str(len(rows))}
    for number, name in enumerate(rows[0] if rows else []):
        column = [row[number] if number < len(row) else None for row in rows[1:]]
        kept[f"column {number + 1} {name}"] = fingerprint(canonical(column))
    return kept


def model_file(data):
    """Every tensor of a model file, and the record in its metadata key by key.

    The checksum is left out: it changes whenever anything does.
    """
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    numbers = data[8 + length :]
    kept = {}
    for name, text in header.pop("__metadata__", {}).items():
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        if isinstance(value, dict):
            value.pop("checksum", None)
        kept.update(under("record", flatten(value)) if name == "deltarule" else under(f"metadata/{name}", flatten(value)))
    for name, tensor in header.items():
        start, end = tensor["data_offsets"]
        shape = "x".join(map(str, tensor["shape"]))
        kept[f"tensor/{name}"] = f"{tensor['dtype']} {shape} {fingerprint(numbers[start:end])}"
    return kept
