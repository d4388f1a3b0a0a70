"""Pages that the check must complain about, and a word of each complaint: a check that sees nothing would pass anything."""

HEAD = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><title>bad</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"/></head>'
    '<body style="background: #fff; color: #000">'
)
FORMULA = "<math><mi>x</mi></math>"
BAD_PAGES = {
    "nothing to lay out": ("", "no formula"),
    "a formula without a box": (f"{FORMULA}<math></math>", "without a box"),
    "a formula in TeX": (f'{FORMULA}<code class="error">\\x</code>', "converted"),
    # Wider than a phone only.
    "a wide box": (f'{FORMULA}<div style="width: 700px">wide</div>', "too wide"),
    "pale words": (f'{FORMULA}<p style="color: #aaa">pale</p>', "contrast"),
    "words that shine through": (f'{FORMULA}<p style="color: rgba(0, 0, 0, 0.3)">pale</p>', "contrast"),
    "words in a pale box": (f'{FORMULA}<div style="opacity: 0.3"><p>pale</p></div>', "contrast"),
    "pale words in a drawing": (f'{FORMULA}<svg><text y="20" fill="#aaa">pale</text></svg>', "contrast"),
    "an error on the console": (f'{FORMULA}<script>console.error("wrong")</script>', "console"),
    "an exception": (f'{FORMULA}<script>throw new Error("wrong")</script>', "exception"),
    # As low as with a font that has no parts for it.
    "a low bracket": (
        '<math><mrow><mo stretchy="true" maxsize="1em">[</mo><mtable><mtr><mtd><mspace height="9em"/></mtd></mtr></mtable></mrow></math>',
        "lower than",
    ),
    "a verdict out of sight": (
        f'{FORMULA}<div style="overflow: auto" class="table" tabindex="0"><table><tr><th><div style="width: 2000px">x</div></th>'
        "<th>verdict</th></tr><tr><td>x</td><td><mark>wrong</mark></td></tr></table></div>",
        "out of sight",
    ),
    "a verdict in two lines": (
        f'{FORMULA}<table><tr><th>verdict</th></tr><tr><td style="width: 1em"><mark style="display: block">is wrong</mark>'
        "</td></tr></table>",
        "two lines",
    ),
    "a tab stop for nothing": (f'{FORMULA}<div tabindex="0">x</div>', "tab stop"),
    "no tab stop": (
        f'{FORMULA}<div class="equation" style="overflow: hidden"><div style="width: 2000px">x</div></div>',
        "out of reach",
    ),
    "contents before the title": (
        f'{FORMULA}<nav style="height: 300px">1 2 3</nav><h1>T</h1>',
        "before the title",
    ),
    "a request": (f'{FORMULA}<img alt="" src="http://127.0.0.1:9/x.png"/>', "request"),
}


def write(folder):
    """Writes the pages into a folder; gives each with its path and the word."""
    for number, (name, (body, word)) in enumerate(BAD_PAGES.items()):
        path = folder / f"bad-{number}.html"
        path.write_text(f"{HEAD}{body}</body></html>", encoding="utf-8")
        yield name, path, word
