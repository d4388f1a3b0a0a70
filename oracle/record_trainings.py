"""The trainings that `record.py` repeats: for each, the command's report, the model file, its predictions and its scores."""

import re
import shlex

from record_content import document, fingerprint, json_text, model_file, table, under

#: Name, table, options of `train`. One thread, where nothing else is said.
TRAININGS = [
    # Activations, optimisers and schedules on small tables.
    ("identity-sgd", "blobs.csv", "--hidden 6 --activation identity --optimizer sgd --epochs 12"),
    ("sigmoid-momentum", "blobs.csv", "--hidden 7,5 --activation sigmoid --optimizer sgd --momentum 0.9 --epochs 15 --l2 0.1"),
    ("tanh-nesterov-gaps", "gaps.csv", "--hidden 9 --activation tanh --optimizer nesterov --momentum 0.8 --epochs 20"),
    ("relu-adam-iris", "iris", "--seed 3"),
    ("leaky-relu-adamw-balanced", "mixed.csv", "--hidden 12 --activation leaky_relu --optimizer adamw --class-weight balanced"),
    ("elu-adam-targets", "targets.csv", "--target 'y1,y2,\"y,3\"' --hidden 8,4 --activation elu --epochs 25"),
    ("selu-f64-decimal-comma", "comma.csv", "--delimiter ; --decimal-comma --hidden 10 --activation selu --precision f64"),
    ("softplus-rprop-regression", "counts.csv", "--task regression --hidden 5 --activation softplus --optimizer rprop --epochs 30"),
    ("exp-adam-scales", "scales.csv", "--hidden 6 --activation exp --learning-rate 0.0005 --epochs 12"),
    ("silu-cosine-tabs", "tabs.tsv", "--hidden 8 --activation silu --schedule cosine --epochs 20 --categories 5 --drop joined,code"),
    ("gelu-exponential-gzip", "blobs.csv.gz", "--hidden 11 --activation gelu --schedule exponential --epochs 20"),
    ("mish-step-no-header", "bare.csv", "--no-header --hidden 6,6,6 --activation mish --schedule step --epochs 35"),
    ("inverse-scaling-sgd", "blobs.csv", "--hidden 8 --optimizer sgd --schedule inverse_scaling --epochs 15 --learning-rate 0.05"),
    ("adaptive-sgd", "blobs.csv", "--hidden 8 --optimizer sgd --schedule adaptive --epochs 80 --learning-rate 0.9 --l2 0"),
    ("rprop-classes", "counts.csv", "--hidden 7 --optimizer rprop --epochs 25 --precision f64"),
    ("lbfgs-classes", "blobs.csv", "--hidden 6 --optimizer lbfgs --epochs 30"),
    ("lbfgs-f64-regression", "gaps.csv", "--hidden 5,3 --activation tanh --optimizer lbfgs --epochs 25 --precision f64 --l2 0.01"),
    # Dropout, early stopping, class weights.
    ("dropout-f32", "blobs.csv", "--hidden 20,10 --dropout 0.3 --epochs 15"),
    ("dropout-f64-regression", "targets.csv", "--target y2,y1 --hidden 16 --dropout 0.2 --precision f64 --epochs 15"),
    ("early-stopping", "mixed.csv", "--early-stopping --patience 3 --hidden 16 --learning-rate 0.02"),
    ("early-stopping-regression", "gaps.csv", "--early-stopping --hidden 24 --dropout 0.1 --optimizer adamw --learning-rate 0.02"),
    ("balanced-f64", "tabs.tsv", "--class-weight balanced --precision f64 --hidden 5 --activation tanh --epochs 10"),
    # Batches and networks that take a way of their own through the engine.
    ("one-by-one", "blobs.csv", "--hidden 3 --activation sigmoid --batch-size 1 --epochs 3 --optimizer sgd"),
    ("small-batches", "blobs.csv", "--hidden 5,4 --batch-size 8 --epochs 8 --precision f64 --optimizer sgd --momentum 0.5"),
    ("stretches", "digits", "--batch-size 1400 --epochs 6 --hidden 33 --threads 2"),
    ("no-hidden-layer", "blobs.csv", "--hidden none --epochs 20"),
    ("digits", "digits", "--epochs 6 --threads 2"),
    ("digits-f64-three-layers", "digits", "--hidden 70,40,20 --precision f64 --epochs 4 --activation gelu --threads 3"),
    ("digits-regression", "digits", "--task regression --hidden 50 --epochs 4 --batch-size 100"),
    # How tables are read, split and prepared.
    ("parquet", "types.parquet", "--hidden 6 --epochs 15"),
    ("parquet-regression", "types.parquet", "--target float32 --drop boolean,decimal --hidden 6 --epochs 15"),
    ("bars", "bars.csv", "--delimiter | --hidden 4 --epochs 10"),
    ("windows", "windows.csv", "--hidden 4 --epochs 10 --drop code,joined"),
    ("latin1", "latin1.csv", "--encoding latin1 --target größe --hidden 4 --epochs 10"),
    ("booleans-as-target", "members.csv", "--target member --hidden 4 --epochs 10 --drop answer"),
    ("standard-input", "-", "--hidden 4 --epochs 10 --seed 11"),
    ("test-table", "blobs.csv", "--test blobs-test.csv --hidden 4 --epochs 10"),
    ("no-holdout", "iris", "--holdout 0 --epochs 10 --target sepal_width"),
    ("half-held-out", "mixed.csv", "--holdout 0.5 --target age --epochs 10 --categories 3 --drop joined,code"),
]

#: Name, the training that is gone on with, options.
RESUMED = [
    ("resumed-adam", "relu-adam-iris", "--epochs 7"),
    ("resumed-rprop", "rprop-classes", "--epochs 10"),
    ("resumed-lbfgs", "lbfgs-classes", "--epochs 10"),
    ("resumed-early-stopping", "early-stopping", "--epochs 12"),
    ("resumed-cosine", "silu-cosine-tabs", "--epochs 25"),
]

#: Trainings whose report for people is kept too.
REPORTED = {"relu-adam-iris", "leaky-relu-adamw-balanced", "elu-adam-targets", "early-stopping", "parquet", "no-holdout"}

#: Commands that must say what is wrong with them.
REFUSED = {
    "missing-targets": "train members.csv --target colour",
    "too-many-categories": "train mixed.csv --categories 5",
    "no-such-column": "train blobs.csv --target knd",
    "no-such-table": "train blob.csv",
    "not-a-number": "train bare.csv --task regression --no-header",
    "class-weight-of-numbers": "train gaps.csv --class-weight balanced",
    "no-such-activation": "train blobs.csv --activation rlu",
    "no-such-optimizer": "train blobs.csv --optimizer adm",
    "dropout-of-1": "train blobs.csv --dropout 1",
    "nothing-left": "train blobs.csv --drop a,b,c,d",
    "diverged": "train gaps.csv --optimizer sgd --learning-rate 1e30 --epochs 20",
    "no-model": "predict blobs.csv blobs.csv",
    "no-such-set": "train irs",
}


def without_times(text):
    """The report without the seconds that a training took."""
    return re.sub(rb"\bin \d+(\.\d+)? (ms|s|min)\b", b"in some time", text)


def _read_from(table):
    """How the table is named on the command line, and what is on standard input."""
    return (table, None) if table != "-" else ("-", "blobs.csv")


def _measure(command, folder, name, data, options, keep_report):
    """Trains in `folder`, where the tables are, and gives what is kept of it."""
    words = shlex.split(options)
    if "--threads" not in words:
        words += ["--threads", "1"]
    model = f"{name}.safetensors"
    source, standard_input = _read_from(data)
    train = ["train", source, *words, "-o", model]
    trained = command.run([*train, "--json"], folder, standard_input)
    kept, raw = under("train", trained.outcome()), {}
    if trained.code != 0:
        return {**kept, "failed": trained.error.decode("utf-8").split("\n")[0]}, {}
    report = json_text(trained.output)
    kept.update(under("train", {key: text for key, text in report.items() if key not in ("seconds", "model")}))
    kept.update(model_file((folder / model).read_bytes()))
    raw["model.safetensors"] = (folder / model).read_bytes()
    rows = standard_input or source
    proba = ["--proba"] if report["task"] == '"classification"' else []
    predicted = command.run(["predict", model, rows, *proba], folder)
    kept.update(under("predict", {**predicted.outcome(), **table(predicted.output)}))
    raw["predictions.csv"] = predicted.output
    evaluated = command.run(["evaluate", model, rows, "--json"], folder)
    kept.update(under("evaluate", {**evaluated.outcome(), **(json_text(evaluated.output) if evaluated.output else {})}))
    inspected = command.run(["inspect", model], folder)
    kept.update(under("inspect", {**inspected.outcome(), **document(inspected.output)}))
    raw["inspect.txt"] = inspected.output
    if keep_report:
        report = command.run([*train[:-1], f"{name}-again.safetensors"], folder, standard_input)
        text = without_times(report.output)
        same = (folder / f"{name}-again.safetensors").read_bytes() == (folder / model).read_bytes()
        kept.update(under("report", {**report.outcome(), **document(text), "same model again": str(same).lower()}))
        raw["report.txt"] = text
    return kept, raw


def training(command, folder, name, data, options):
    kept, raw = _measure(command, folder, name, data, options, name in REPORTED)
    return {f"training/{name}": (kept, raw)}


def resumed(command, folder, name, base, options):
    data, first = next((data, options) for other, data, options in TRAININGS if other == base)
    source, standard_input = _read_from(data)
    start = f"{name}-start.safetensors"
    command.run(["train", source, *shlex.split(first), "--threads", "1", "-o", start, "--quiet"], folder, standard_input)
    return {f"training/{name}": _measure(command, folder, name, data, f"{options} --resume {start}", False)}


def refused(command, folder, name, words):
    result = command.run([*shlex.split(words), *(["-o", f"{name}.safetensors"] if words.startswith("train") else [])], folder)
    kept = {**result.outcome(), "output": fingerprint(result.output), "message": result.error.decode("utf-8").split("\n")[0]}
    return {f"refusal/{name}": (kept, {"error.txt": result.error})}


def jobs(command, folder):
    """Every training as a function without arguments that gives items."""
    found = {}
    for item in TRAININGS:
        found[f"training/{item[0]}"] = lambda item=item: training(command, folder, *item)
    for item in RESUMED:
        found[f"training/{item[0]}"] = lambda item=item: resumed(command, folder, *item)
    for name, words in REFUSED.items():
        found[f"refusal/{name}"] = lambda name=name, words=words: refused(command, folder, name, words)
    return found
