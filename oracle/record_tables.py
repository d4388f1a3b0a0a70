"""The tables that `record.py` trains on: made by a generator of its own, so that they never change with a library.

Only sums and products of f64 go into them, and Python's own rounding to decimals.
"""

import csv
import gzip
import io


class Lcg:
    """Knuth's linear congruential generator (MMIX)."""

    def __init__(self, seed):
        self.state = seed
        for _ in range(4):
            self.uniform()

    def uniform(self):
        """A number from 0 to below 1."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53

    def below(self, n):
        return int(self.uniform() * n)

    def normal(self):
        """About normal: the sum of twelve uniform numbers."""
        return sum(self.uniform() for _ in range(12)) - 6.0

    def pick(self, items):
        return items[self.below(len(items))]


def text_of(rows, delimiter=",", end="\n"):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def blobs(seed, n):
    """Three classes around three points."""
    random, centres = Lcg(seed), [(0, 1, 2, 0), (2, 0, 1, 1), (1, 2, 0, -1)]
    rows = [["a", "b", "c", "d", "kind"]]
    for _ in range(n):
        kind = random.below(3)
        cells = [f"{centre + 0.8 * random.normal():.4f}" for centre in centres[kind]]
        rows.append([*cells, ["north", "south", "east"][kind]])
    return rows


def mixed(seed, n):
    """Numbers, categories, truth values, dates as text, codes, a constant, gaps; one class in five."""
    random = Lcg(seed)
    rows = [["age", "income", "colour", "member", "joined", "code", "constant", "note, quoted", "answer"]]
    for row in range(n):
        age, colour = 18 + random.below(60), random.pick(["red", "green", "blue", " blue "])
        income = 1000 + 40 * age + 300 * random.normal()
        score = 0.03 * age + (0.9 if colour == "red" else 0.0) + 0.5 * random.normal()
        rows.append([
            age,
            random.pick(["", "NA", "?"]) if random.uniform() < 0.1 else f"{income:.2f}",
            random.pick(["", "nan"]) if random.uniform() < 0.1 else colour,
            random.pick(["true", "false", "true", ""]),
            f"20{10 + random.below(5)}-{1 + random.below(12):02}-{1 + random.below(28):02}",
            f"id{row:03}",
            "same",
            random.pick(['says "no"', "one, two", "plain"]),
            "yes" if score > 2.1 else "no",
        ])
    return rows


def gaps(seed, n):
    """A regression in which a quarter of the cells is missing, however that may be written."""
    random = Lcg(seed)
    rows = [["x1", "x2", "x3", "x4", "y"]]
    for _ in range(n):
        x = [random.normal() for _ in range(4)]
        y = 1.5 * x[0] - x[1] * x[2] + 0.5 * x[3] * x[3] + 0.1 * random.normal()
        cells = [random.pick(["", "NA", "nan", "null", "?"]) if random.uniform() < 0.25 else f"{v:.5f}" for v in x]
        rows.append([*cells, f"{y:.5f}"])
    return rows


def targets(seed, n):
    """Three numbers to predict; the name of one has a comma."""
    random = Lcg(seed)
    rows = [["y1", "u", "v", "w", "y2", "y,3"]]
    for _ in range(n):
        u, v, w = (2.0 * random.uniform() - 1.0 for _ in range(3))
        rows.append([f"{u * v:.4f}", f"{u:.3f}", f"{v:.3f}", f"{w:.3f}", f"{u + 2 * w:.4f}", f"{w * w - v:.4f}"])
    return rows


def scales(seed, n):
    """Columns of very different sizes, and an outlier."""
    random = Lcg(seed)
    rows = [["tiny", "huge", "shifted", "flag", "label"]]
    for row in range(n):
        z = random.normal()
        huge = 1e15 if row == 7 else 1e9 * (z + 0.3 * random.normal())
        rows.append([f"{1e-12 * random.normal():.6e}", f"{huge:.4e}", f"{1e6 + random.normal():.3f}", random.below(2), z > 0.2])
    return rows


def counts(seed, n):
    """Whole numbers from 0 to 4, which may be classes or numbers."""
    random = Lcg(seed)
    rows = [["p", "q", "stars"]]
    for _ in range(n):
        p, q = random.uniform(), random.uniform()
        rows.append([f"{p:.4f}", f"{q:.4f}", int(2.4 * (p + q) + 0.2 * random.uniform())])
    return rows


def with_decimal_comma(rows):
    return [[str(cell).replace(".", ",") for cell in row] for row in rows]


def write_tables(folder):
    """Writes all of them."""

    def save(name, text, encoding="utf-8"):
        (folder / name).write_bytes(text.encode(encoding))

    save("blobs.csv", text_of(blobs(1, 180)))
    save("blobs-test.csv", text_of(blobs(2, 60)))
    (folder / "blobs.csv.gz").write_bytes(gzip.compress(text_of(blobs(3, 150)).encode(), mtime=0))
    save("bare.csv", text_of(blobs(4, 120)[1:]))
    save("mixed.csv", text_of(mixed(5, 240)))
    save("gaps.csv", text_of(gaps(6, 200)))
    save("targets.csv", text_of(targets(7, 160)))
    save("comma.csv", text_of(with_decimal_comma(gaps(8, 140)), delimiter=";"))
    save("tabs.tsv", text_of(mixed(9, 130), delimiter="\t"))
    save("bars.csv", text_of(counts(10, 140), delimiter="|"))
    save("counts.csv", text_of(counts(11, 150)))
    save("scales.csv", text_of(scales(12, 160)))
    # A byte order mark, and lines that end as on Windows.
    save("windows.csv", "\ufeff" + text_of(mixed(13, 120), end="\r\n"))
    accents = [[*row[:2], str(row[2]).replace("green", "grün"), *row[3:]] for row in mixed(14, 150)]
    accents[0][2] = "größe"
    save("latin1.csv", text_of([row for row in accents if row[2] not in ("", "nan")]), encoding="latin-1")
    save("members.csv", text_of([row for row in mixed(15, 160) if row[3] != ""]))
