"""What a wheel or an sdist of the package holds: `content.py FILE VERSION`. Ends with 1 and says what is missing."""

import pathlib
import sys
import tarfile
import zipfile

FOLDER = pathlib.Path(__file__).resolve().parents[2]
LICENSES = ("LICENSE-MIT", "LICENSE-APACHE", "crates/deltarule-tabular/datasets/README.md")


def wheel(path, version):
    with zipfile.ZipFile(path) as archive:
        names = {entry.filename: entry for entry in archive.infolist()}
        sources = FOLDER / "crates/deltarule-py/python"
        wanted = [p.relative_to(sources).as_posix() for p in sources.rglob("*") if p.suffix in (".py", ".pyi", ".typed")]
        assert "deltarule/py.typed" in wanted and "deltarule/_core.pyi" in wanted
        info = f"deltarule-{version}.dist-info"
        wanted += [f"{info}/licenses/{name}" for name in LICENSES]
        yield from (f"{name} is missing" for name in wanted if name not in names)
        libraries = [name for name in names if name.startswith("deltarule/_core.") and not name.endswith(".pyi")]
        if len(libraries) != 1:
            yield f"one extension module is wanted, there are {libraries}"
        if "-abi3-" not in path.name:
            yield "the wheel is for one version of Python alone (abi3 is wanted)"
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
        if "deltarule=deltarule._cli:main" not in entry_points.replace(" ", ""):
            yield f"the command is no entry point: {entry_points!r}"
        metadata = archive.read(f"{info}/METADATA").decode()
        yield from required(metadata, version)
        sizes = [names[name].file_size for name in libraries]
    print(f"{path.stat().st_size / 1e6:.1f} MB, the library in it {sum(sizes) / 1e6:.1f} MB")


def sdist(path, version):
    root = f"deltarule-{version}"
    with tarfile.open(path) as archive:
        names = set(archive.getnames())
        wanted = ["PKG-INFO", "pyproject.toml", "Cargo.toml", "Cargo.lock", "README.md", *LICENSES]
        yield from (f"{name} is missing" for name in wanted if f"{root}/{name}" not in names)
        yield from required(archive.extractfile(f"{root}/PKG-INFO").read().decode(), version)
        yield from (f"{m.name} is a link" for m in archive if m.issym() or m.islnk())
        yield from (f"{name} is outside the folder" for name in names if name != root and not name.startswith(f"{root}/"))
        built = [name for name in names if name.endswith((".so", ".pyd", ".pyc"))]
        yield from (f"{name} was built and does not belong there" for name in built)
    print(f"{path.stat().st_size / 1e6:.1f} MB, {len(names)} files")


def required(metadata, version):
    for line in (f"Version: {version}", "Requires-Python: >=3.11", "License-Expression: MIT OR Apache-2.0"):
        if line not in metadata:
            yield f"its metadata do not say {line!r}"


path, version = pathlib.Path(sys.argv[1]), sys.argv[2]
problems = list((wheel if path.suffix == ".whl" else sdist)(path, version))
for problem in problems:
    print(f"{path.name}: {problem}", file=sys.stderr)
sys.exit(bool(problems))
