"""The package as one who has just installed it finds it: `smoke.py VERSION`, in an empty folder, with the Python that has it."""

import importlib.util
import pathlib
import subprocess
import sys
import sysconfig

import deltarule

version = sys.argv[1]
here = pathlib.Path(deltarule.__file__).parent
assert here.is_relative_to(sysconfig.get_path("purelib")) or here.is_relative_to(sysconfig.get_path("platlib")), here
assert deltarule.__version__ == version, deltarule.__version__

command = pathlib.Path(sysconfig.get_path("scripts"), "deltarule.exe" if sys.platform == "win32" else "deltarule")


def run(*arguments):
    done = subprocess.run([command, *arguments], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, (arguments, done.returncode, done.stderr)
    return done.stdout


assert version in run("--version")
run("train", "iris", "--epochs", "30", "--quiet")
assert pathlib.Path("iris.safetensors").exists()
lines = run("predict", "iris.safetensors", "iris").splitlines()
assert lines[0] == "prediction" and len(lines) == 151, lines[:3]
assert "δ^[1]" in str(deltarule.solve(1))

if importlib.util.find_spec("sklearn") is None:
    print("the command and a solution (scikit-learn is not there)")
    sys.exit()

from sklearn.datasets import load_iris  # noqa: E402

x, y = load_iris(return_X_y=True)
x = (x - x.mean(axis=0)) / x.std(axis=0)
classifier = deltarule.MLPClassifier((8,), learning_rate_init=0.01, max_iter=1000, random_state=0)
accuracy = classifier.fit(x, y).score(x, y)
assert accuracy > 0.95, accuracy
print(f"the command, a solution, and MLPClassifier with an accuracy of {accuracy:.3f}")
