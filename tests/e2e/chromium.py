# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium, spoken to by the DevTools protocol over a pipe: JSON messages, each ended by a NUL.

    with Chromium(case, folder) as browser:
        browser.open("/path/page.html")
        browser.run("document.title")
        browser.picture("/path/page.png", 500, dark=True)
        browser.complaints  # what the page wrote to the console, and what it threw
"""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium", "chromium-browser", "google-chrome")
LIMIT_S = 60  # for an answer, on a machine that has much else to do
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
         "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
         "--disable-features=Translate,MediaRouter,OptimizationHints", "--remote-debugging-pipe", "--force-device-scale-factor=1")
# What counts as a complaint, and what a click on the clipboard needs.
MOST_HEIGHT = 16000  # of a picture; a texture holds no more


def found():
    """The program, or None."""
    return next((p for p in map(shutil.which, NAMES) if p), None)


class Chromium:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="ttfs-chromium-")
        to_read, self.to = os.pipe()
        self.come, to_write = os.pipe()

        def pipes():  # 3: it reads, 4: it writes
            low, high = os.dup(to_read), os.dup(to_write)
            os.dup2(low, 3)
            os.dup2(high, 4)

        self.process = subprocess.Popen([found(), *FLAGS, "--user-data-dir=" + self.home, "about:blank"], preexec_fn=pipes, pass_fds=(3, 4),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, HOME=self.home))
        os.close(to_read)
        os.close(to_write)
        self.sent, self.kept, self.answers, self.complaints, self.loaded = 0, b"", {}, [], 0
        try:
            self.attach()
        except (OSError, RuntimeError):
            self.process.kill()
            self.leave()
            raise

    session = None

    def attach(self):
        pages = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        self.session = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.session = None
            self.call("Browser.close")
        except (OSError, RuntimeError):
            self.process.kill()
        self.leave()

    def leave(self):
        self.process.wait()
        os.close(self.to)
        os.close(self.come)
        shutil.rmtree(self.home, ignore_errors=True)

    # ---- the protocol --------------------------------------------------------------------------

    def call(self, method, **parameters):
        self.sent += 1
        message = {"id": self.sent, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        own = self.sent
        self.wait(lambda: own in self.answers)
        answer = self.answers.pop(own)
        if "error" in answer:
            raise RuntimeError("%s: %s" % (method, answer["error"]))
        return answer["result"]

    def wait(self, until):
        end = time.monotonic() + LIMIT_S
        while not until():
            if not select.select([self.come], [], [], max(0, end - time.monotonic()))[0]:
                raise RuntimeError("Chromium does not answer")
            data = os.read(self.come, 1 << 20)
            if not data:
                raise RuntimeError("Chromium ended")
            *whole, self.kept = (self.kept + data).split(b"\0")
            for message in whole:
                self.take(json.loads(message))

    def take(self, message):
        kind = message.get("method")
        if "id" in message:
            self.answers[message["id"]] = message
        elif kind in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(json.dumps(message["params"])[:2000])
        elif kind == "Page.loadEventFired":
            self.loaded += 1

    # ---- pages ---------------------------------------------------------------------------------

    def open(self, path):
        before = self.loaded
        self.call("Page.navigate", url="file://" + path)
        self.wait(lambda: self.loaded > before)

    def run(self, script):
        """The value of an expression, as JSON."""
        r = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in r:
            raise RuntimeError("%s: %s" % (script, json.dumps(r["exceptionDetails"])[:1000]))
        return r["result"].get("value")

    def size(self, width, height=900, dark=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def place(self, selector):
        """Where the middle of an element is, once it is in view."""
        return self.run("(e => { e.scrollIntoView({block: 'center', behavior: 'instant'}); const r = e.getBoundingClientRect();"
                        " return [r.x + r.width / 2, r.y + r.height / 2]; })(document.querySelector(%s))" % json.dumps(selector))

    def click(self, selector):
        """The mouse, at the middle of an element."""
        x, y = self.place(selector)
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def hover(self, selector):
        x, y = self.place(selector)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def press(self, key, code=None):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key,
                      windowsVirtualKeyCode={"Tab": 9, "Enter": 13, "Escape": 27, "ArrowRight": 39}.get(key, 0))

    def picture(self, path, width, dark=False):
        """The whole page as a PNG."""
        self.size(width, dark=dark)
        height = min(MOST_HEIGHT, self.run("document.documentElement.scrollHeight"))
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        with open(path, "wb") as f:
            f.write(base64.b64decode(shot["data"]))
        return height
