"""What `record.py` keeps of exercises: solutions, comparisons, markings, new exercises, and documents in every format."""

import json
import shlex
import tomllib
from pathlib import Path

from record_content import canonical, document, fingerprint, flatten, json_text, under

ROOT = Path(__file__).resolve().parent.parent
GALLERY = ROOT / "crates/deltarule-exercise/tests/gallery"
MARKING = ROOT / "oracle/values/marking"

#: The ending of each format; PDF needs another build.
FORMATS = {"text": "txt", "markdown": "md", "latex": "tex", "html": "html", "typst": "typ", "ipynb": "ipynb"}

#: Options of `new`: ten seeds, and what each of them tries.
NEW = {
    "default": "--seed 0",
    "tanh-cross-entropy": "--layers 4,3,3 --activation tanh --loss cross_entropy --examples 3 --seed 1",
    "adam": "--optimizer adam --parts gradient,update,classify --seed 2",
    "dead-unit": "--activation relu --output-activation identity --dead-unit --seed 3",
    "saturated": "--saturated --layers 3,3,2 --seed 4",
    "momentum-online": "--optimizer momentum --mode online --epochs 1 --seed 5",
    "rprop": "--optimizer rprop --layers 2,3,1 --seed 6",
    "mean-l2": "--reduction mean --l2 0.1 --no-biases --train-biases false --seed 7",
    "silu-huber": "--activation silu --loss huber --parts forward,update --start initial --seed 8",
    "moodle": "--layers 2,2,2 --digits 4 --notation standard --moodle quiz.xml --seed 9",
    "sheets": "--count 3 --markdown sheet.md --latex sheet.tex --seed 10 -o set/",
}

#: Name, folder in which the command runs, the command. TRAIN: a model that is trained first, with these words.
DOCUMENTS = [
    ("solve-1", ROOT, "solve 1"),
    ("solve-2-examples", ROOT, "solve 2 --batch examples"),
    ("solve-3-standard", ROOT, "solve 3 --digits 4 --notation standard"),
    ("solve-2-blank", ROOT, "solve 2 --blank"),
    ("solve-dead-units", GALLERY, "solve relu-dead-units.toml"),
    ("solve-nesterov", GALLERY, "solve leaky-relu-absolute-nesterov.toml --digits 8"),
    ("solve-online-examples", GALLERY, "solve softplus-poisson-online.toml --batch examples"),
    ("solve-rprop", GALLERY, "solve exp-poisson-rprop.toml"),
    ("solve-selu-adamw", GALLERY, "solve selu-sum-squared-adamw.toml --notation standard"),
    ("solve-saturated", GALLERY, "solve sigmoid-saturated-and-a-loss-that-rises.toml"),
    ("solve-adam", MARKING, "solve exercises/2-3-2-adam.toml"),
    ("solve-three-parts", MARKING, "solve exercises/2-3-2-three-parts.toml --blank --batch examples"),
    ("compare-1", ROOT, "compare 1"),
    ("compare-3", ROOT, "compare 3 --digits 4 --notation standard"),
    ("compare-losses", GALLERY, "compare silu-binary-cross-entropy.toml --losses squared_error,huber --outputs sigmoid,softmax"),
    ("formulas", ROOT, "formulas"),
    ("formulas-some", ROOT, "formulas adam rprop softmax gelu huber"),
    ("check-two-mistakes", MARKING, "check exercises/2-3-2-sigmoid.toml answers/right/2-3-2-sigmoid-column-vectors.toml"),
    ("check-published", MARKING, "check exercises/published-without-biases-2-2-1.toml answers/published/without-biases-2-2-1.toml"),
    ("check-marks", MARKING, "check exercises/2-3-2-adam.toml answers/bias_gradient_times_input/2-3-2-adam-first-input.toml "
     "--marks z=10,x=10,delta=30,weights=20"),
]
#: The same for a trained model: the table, options of `train`, options of `explain`.
EXPLAINED = [
    ("explain-iris", "iris", "--hidden 4 --epochs 30", "--rows 3,120"),
    ("explain-iris-step", "iris", "--hidden 3 --epochs 5 --optimizer adamw --precision f64", "--rows 1,51,101 --step --digits 5"),
    ("explain-mixed", "mixed.csv", "--hidden 3 --epochs 8 --drop code,joined --activation tanh", "--rows 2,7 --notation standard"),
    ("explain-targets", "targets.csv", "--target y2,y1 --hidden 2 --epochs 8", "--rows 5 --step"),
]


def exercises():
    """Name, folder, file or number of every exercise."""
    found = [(f"sheet-{number}", ROOT, str(number)) for number in (1, 2, 3)]
    found += [(f"gallery-{path.stem}", path.parent, path.name) for path in sorted(GALLERY.glob("*.toml"))]
    found += [(f"marking-{path.stem}", path.parent, path.name) for path in sorted((MARKING / "exercises").glob("*.toml"))]
    return found


def solution(command, name, folder, exercise):
    result = command.run(["solve", exercise, "--format", "json"], folder)
    kept = {**result.outcome(), **(json_text(result.output) if result.output else {})}
    return {f"solution/{name}": (kept, {"solution.json": result.output})}


def comparison(command, name, folder, exercise):
    result = command.run(["compare", exercise, "--format", "json"], folder)
    kept = result.outcome()
    if result.output:
        value = json.loads(result.output)
        for case in value.pop("cases"):
            path = f"{case.pop('loss')} {case.pop('output_activation')}"
            parts = case["solution"].pop("parts")
            for part in parts:
                kept.update(under(f"{path}/{part['name']}", flatten(part.pop("steps"), few=0)))
            kept[f"{path}/parts"] = fingerprint(canonical(parts))
            kept.update(under(path, flatten({**case, "solution": canonical(case["solution"])})))
        kept.update(flatten(value))
    return {f"comparison/{name}": (kept, {"comparison.json": result.output})}


def marking(command, exercise, answers):
    result = command.run(["check", exercise, answers, "--format", "json"], MARKING)
    kept = result.outcome()
    if result.output:
        value = json.loads(result.output)
        for part in value["parts"]:
            for quantity in part.pop("quantities"):
                path = f"{part['name']}/{quantity.pop('name')}/{quantity.pop('step')}"
                kept[path] = f"{quantity['verdict']} {quantity['marks']:g} {fingerprint(canonical(quantity))}"
            kept[part["name"]] = f"{part['marks']:g} of {part['possible']:g} {fingerprint(canonical(part))}"
        kept.update(flatten({**value, "parts": len(value["parts"])}))
    return {f"marking/{answers.removeprefix('answers/')}": (kept, {"marking.json": result.output})}


def new(command, folder, name, options):
    folder = folder / f"new-{name}"
    folder.mkdir()
    result = command.run(["new", *shlex.split(options)], folder)
    kept, raw = {**result.outcome(), **under("output", document(result.output))}, {"output.toml": result.output}
    files = {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    for file, data in {"exercise": result.output, **files}.items():
        raw[file.replace("/", "-")] = data
        if file == "exercise" or file.endswith(".toml"):
            kept.update(under(file, {"bytes": fingerprint(data), **flatten(tomllib.loads(data.decode("utf-8")))}))
        else:
            kept.update(under(file, document(data)))
    return {f"new/{name}": (kept, raw)}


def documents(command, name, folder, words):
    """The same document in each format."""
    items = {}
    for format, ending in FORMATS.items():
        result = command.run([*shlex.split(words), "--format", format], folder)
        raw = {f"document.{ending}": result.output}
        items[f"document/{name}.{ending}"] = ({**result.outcome(), **document(result.output)}, raw)
    return items


def explained(command, folder, name, data, train, explain):
    model = f"{name}.safetensors"
    command.run(["train", data, *shlex.split(train), "--threads", "1", "--quiet", "-o", model], folder)
    return documents(command, name, folder, f"explain {model} {data} {explain}")


def jobs(command, folder):
    """Everything as functions without arguments that give items."""
    found = {}
    for item in exercises():
        found[f"solution/{item[0]}"] = lambda item=item: solution(command, *item)
        found[f"comparison/{item[0]}"] = lambda item=item: comparison(command, *item)
    for entry in json.loads((MARKING / "expected.json").read_text(encoding="utf-8"))["entries"]:
        item = (entry["exercise"], entry["answers"])
        found[f"marking/{entry['answers'].removeprefix('answers/')}"] = lambda item=item: marking(command, *item)
    for item in NEW.items():
        found[f"new/{item[0]}"] = lambda item=item: new(command, folder, *item)
    for item in DOCUMENTS:
        found[f"document/{item[0]}"] = lambda item=item: documents(command, *item)
    for item in EXPLAINED:
        found[f"document/{item[0]}"] = lambda item=item: explained(command, folder, *item)
    return found
