"""Opens pages in headless Chromium over its debugging protocol, on a phone and on a desk, light and dark.

Fails on a console error, a request to the network, a formula that is laid out with an empty box, a page that scrolls
sideways, a bracket that is lower than what it holds (with the fonts of the page and with one that has no high brackets), a
verdict that has to be scrolled for, a tab stop where there is nothing to do, contents that stand open before the title, and on
text whose contrast is below 4.5 (WCAG AA). A page in print is a page each: sheets must fit on one. Writes a screenshot of each page beside it. First it sees to
it that pages with these faults are refused.
"""

import base64
import itertools
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import websocket

import bad_pages

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
    # websocket-client names an origin, which Chromium otherwise refuses.
    "--remote-allow-origins=*",
]
WIDTHS = {"phone": 360, "desk": 1280}
# Asked of each page, with the width of the screen.
LOOK = """
(screen => {
  const problems = [];
  const box = e => e.getBoundingClientRect();
  const formulas = [...document.querySelectorAll('math')];
  const empty = formulas.filter(m => box(m).width === 0 || box(m).height === 0);
  if (empty.length) problems.push(empty.length + ' formulas without a box: ' + empty[0].textContent.slice(0, 60));
  if (document.querySelector('merror, .error')) problems.push('a formula that could not be converted');
  // Not window.innerWidth, which on a phone grows with what is too wide.
  const wide = document.documentElement.scrollWidth - screen;
  if (wide > 0) problems.push('the page is ' + wide + ' pixels too wide');
  // Brackets are drawn around a table by what the style sheet puts before and behind it, and around a row by its edges.
  const low = [];
  const lines = (e, side) => {
    const style = getComputedStyle(e, side);
    return style.content === 'none' ? 0 : parseFloat(style.height);
  };
  for (const sign of document.querySelectorAll('mo[stretchy="true"]')) {
    if ('=←→'.includes(sign.textContent) || sign.parentElement.matches('munder, mover')) continue;
    const table = [sign.nextElementSibling, sign.previousElementSibling].find(e => e?.localName === 'mtable');
    const opens = table === sign.nextElementSibling;
    const row = sign.parentElement;
    const round = getComputedStyle(row);
    let high = box(sign).height;
    if (table) high = Math.max(high, lines(table, opens ? '::before' : '::after'));
    else if (parseFloat(round.borderLeftWidth) > 0) high = Math.max(high, box(row).height);
    const held = table ? [table] : [...row.children].filter(e => e !== sign);
    const needed = Math.max(...held.map(e => box(e).height));
    if (high < 0.95 * needed) low.push(row);
  }
  if (low.length) problems.push(low.length + ' brackets lower than what they hold: ' + low[0].textContent.slice(0, 60));
  for (const cell of document.querySelectorAll('table tr > :last-child')) {
    if (!cell.querySelector('mark') && cell.textContent !== 'verdict') continue;
    if (!cell.closest('table').querySelector('th:last-child')?.textContent.startsWith('verdict')) continue;
    for (const e of [cell, ...cell.querySelectorAll('mark')]) {
      if (box(e).right > screen || box(e).left < 0) problems.push('a verdict out of sight: ' + e.textContent);
      const line = 1.9 * parseFloat(getComputedStyle(e).fontSize);
      if (e !== cell && e.textContent.length < 12 && box(e).height > line) problems.push('a verdict in two lines: ' + e.textContent);
    }
  }
  const scrolls = e => e.scrollWidth > e.clientWidth;
  for (const e of document.querySelectorAll('[tabindex]')) {
    if (!scrolls(e)) problems.push('a tab stop where nothing scrolls: ' + e.textContent.slice(0, 40));
  }
  for (const e of document.querySelectorAll('.equation, .table, .drawing')) {
    if (scrolls(e) && e.tabIndex !== 0) problems.push('out of reach of the keyboard: ' + e.textContent.slice(0, 40));
  }
  const [contents, title] = ['nav', 'h1'].map(name => document.querySelector(name));
  if (contents && box(contents).right > box(title).left && box(contents).top < box(title).top && box(contents).height > 60) {
    problems.push('the contents stand open before the title');
  }
  const parse = c => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const over = (above, below, opacity) => above.slice(0, 3).map((v, i) => opacity * v + (1 - opacity) * below[i]);
  const opacity = c => c.length === 3 ? 1 : c[3];
  const background = e => {
    if (!e) return [255, 255, 255];
    const style = getComputedStyle(e);
    // What scrolls has shades at its edges.
    const shaded = e.matches('.equation, .table, .drawing');
    if (style.backgroundImage !== 'none' && !shaded) problems.push('a background that is not of one colour');
    const c = parse(style.backgroundColor);
    return opacity(c) === 1 ? c : over(c, background(e.parentElement), opacity(c));
  };
  // What an element and those around it let shine through.
  const shown = e => e ? Number(getComputedStyle(e).opacity) * shown(e.parentElement) : 1;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    // Signs that are drawn instead stand there without a size, for readers.
    if (parseFloat(getComputedStyle(e).fontSize) === 0) continue;
    if (!walker.currentNode.textContent.trim() || seen.has(e) || e.closest('title, style, script')) continue;
    seen.add(e);
    const style = getComputedStyle(e);
    const color = parse(e.closest('svg') ? style.fill : style.color);
    const below = background(e);
    const through = e.closest('svg') ? Number(style.fillOpacity) : 1;
    const [a, b] = [light(over(color, below, opacity(color) * through * shown(e))), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) {
      problems.push('contrast ' + ratio.toFixed(2) + ': ' + e.textContent.trim().slice(0, 40));
      break;
    }
  }
  return JSON.stringify({ problems, formulas: formulas.length, height: document.documentElement.scrollHeight });
})(%d)
"""


# A font that has no high brackets, and no measures of formulas.
PLAIN_FONT = """
document.head.insertAdjacentHTML('beforeend', '<style>math { font-family: monospace !important; }</style>');
dispatchEvent(new Event('resize'));
"""


class Page:
    """A tab, driven over the debugging protocol."""

    def __init__(self, endpoint):
        self.socket = websocket.create_connection(endpoint, timeout=60)
        self.numbers = itertools.count(1)
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(json.loads(self.socket.recv()))

    def close(self):
        """Asks the browser itself to close: its helpers end with it."""
        self.session = None
        self.call("Browser.close")

    def complaints(self):
        for event in self.events:
            method, parameters = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                yield f"exception: {parameters['exceptionDetails']['text']}"
            elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning"):
                yield f"console: {parameters['args']}"
            elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
                yield f"log: {parameters['entry']['text']}"
            elif method == "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith(("file:", "data:")):
                    yield f"request: {url}"


def check(page, path):
    problems = []
    for (device, width), scheme in itertools.product(WIDTHS.items(), ("light", "dark")):
        phone = device == "phone"
        page.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=phone)
        feature = {"name": "prefers-color-scheme", "value": scheme}
        page.call("Emulation.setEmulatedMedia", features=[feature])
        page.open(path.resolve().as_uri())
        answer = page.call("Runtime.evaluate", expression=LOOK % width)
        look = json.loads(answer["result"]["value"])
        found = look["problems"] + list(page.complaints())
        if look["formulas"] == 0:
            found.append("no formula at all")
        clip = {"x": 0, "y": 0, "width": width, "height": min(look["height"], 3000), "scale": 1}
        shot = page.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        target = path.with_name(f"{path.stem}-{device}-{scheme}.png")
        target.write_bytes(base64.b64decode(shot["data"]))
        if phone and scheme == "dark":
            page.call("Runtime.evaluate", expression=PLAIN_FONT)
            plain = json.loads(page.call("Runtime.evaluate", expression=LOOK % width)["result"]["value"])
            found += [f"{problem}, with a plain font" for problem in plain["problems"]]
        problems += [f"{path.name}, {device}, {scheme}: {problem}" for problem in found]
    return problems + list(printed(page, path))


PAPERS = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}


def printed(page, path):
    """A sheet must fit on one page of either paper."""
    body = page.call("Runtime.evaluate", expression="document.body.className")["result"]["value"]
    if body != "compact":
        return
    for paper, (width, height) in PAPERS.items():
        pdf = base64.b64decode(page.call("Page.printToPDF", paperWidth=width, paperHeight=height)["data"])
        pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
        if pages != 1:
            yield f"{path.name}: {pages} pages of {paper}"


def overlooked(page, folder):
    """Bad pages that are not complained about."""
    for name, path, word in bad_pages.write(folder):
        if not any(word in problem for problem in check(page, path)):
            yield f"the check overlooks {name}"


def endpoint(folder, browser):
    """Chromium writes the port that it chose, and the path to the browser itself, into its folder."""
    for _ in range(300):
        file = pathlib.Path(folder, "DevToolsActivePort")
        if file.exists() and len(lines := file.read_text().splitlines()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        if browser.poll() is not None:
            sys.exit("Chromium ended before it could be asked anything")
        time.sleep(0.1)
    sys.exit("Chromium did not say where it can be reached")


def end(browser):
    """Waits until Chromium, which was asked to close, has ended; ends it where it does not."""
    try:
        browser.wait(timeout=20)
    except subprocess.TimeoutExpired:
        browser.kill()
        browser.wait()


def main(program, paths):
    problems = []
    # Chromium's helpers may write into the folder for a moment after it has ended.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        browser = subprocess.Popen(command, **quiet)
        try:
            page = Page(endpoint(folder, browser))
            problems += overlooked(page, pathlib.Path(folder))
            for path in paths:
                problems += check(page, pathlib.Path(path))
            page.close()
        except BaseException:
            browser.terminate()
            raise
        finally:
            end(browser)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(bool(problems))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
