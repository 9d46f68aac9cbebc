"""A real browser without a window, driven over its DevTools protocol, and a server for its pages."""

import base64
import contextlib
import functools
import http.server
import json
import shutil
import subprocess
import threading
import time
import urllib.request

from websockets.sync.client import connect

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--enable-unsafe-swiftshader",  # WebGL without a GPU
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--mute-audio",
    "--remote-debugging-port=0",
)
NO_GPU = ("--disable-gpu",)
WEBGPU = (  # on the processor, as well as what draws canvases with it
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-features=Vulkan",
    "--use-vulkan=swiftshader",
    "--disable-vulkan-surface",
)
KEYS = {"ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
AHEAD = {  # what a page asks for that looks straight ahead, but for the size of its picture
    "seed": 0, "other": 1, "layout": None, "blend": "between", "share": 0, "truncation": 1, "projection": "perspective",
    "yaw_deg": 0, "pitch_deg": 0, "fov_deg": 90, "gaze_x": 0.5, "gaze_y": 0.5, "foveated": True, "heat": False,
}  # fmt: skip
PATIENCE_S = 60  # a browser on a busy machine, with a graphics processor in software


class Browser:
    """One tab. Events that its page caused are kept in ``events``."""

    def __init__(self, folder, width=800, height=450, flags=NO_GPU):
        flags = [*FLAGS, *flags, f"--user-data-dir={folder}", f"--window-size={width},{height}", "about:blank"]
        self.process = subprocess.Popen([CHROMIUM, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.closing = contextlib.ExitStack()
        try:
            port_file = folder / "DevToolsActivePort"
            until(lambda: port_file.is_file() and port_file.read_text().count("\n"), "the browser's port")
            self.port = int(port_file.read_text().split("\n")[0])
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/json") as answer:
                target = next(one for one in json.load(answer) if one["type"] == "page")
            opened = connect(target["webSocketDebuggerUrl"], max_size=None, ping_interval=None, proxy=None)
            self.socket = self.closing.enter_context(opened)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise
        self.number, self.events = 0, []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.resize(width, height)

    def close(self):
        self.closing.close()
        self.process.kill()
        self.process.wait()

    def send(self, method, **parameters):
        """Call a method and wait for what it returns."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def resize(self, width, height, scale=1, mobile=False):
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile
        )

    def open(self, address):
        self.events.clear()
        self.send("Page.navigate", url=address)
        self.wait(f"location.href === {json.dumps(address)} && document.readyState === 'complete'")

    def run(self, script):
        """The value of an expression; promises are waited for."""
        result = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait(self, script):
        """Wait until an expression is true, and return its value."""
        return until(lambda: self.run(script), script)

    def mouse(self, kind, x, y, button="none", **more):
        held = 1 if button != "none" or kind == "mouseDragged" else 0
        self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=held, clickCount=1, **more)

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)

    def drag(self, start, end, steps=4):
        self.mouse("mouseMoved", *start)
        self.mouse("mousePressed", *start, button="left")
        for step in range(1, steps + 1):
            here = [a + (b - a) * step / steps for a, b in zip(start, end, strict=True)]
            self.mouse("mouseMoved", *here, button="left")
        self.mouse("mouseReleased", *end, button="left")

    def wheel(self, x, y, pixels):
        self.mouse("mouseWheel", x, y, deltaX=0, deltaY=pixels)

    def key(self, key):
        text = {"text": key} if len(key) == 1 else {}
        code = KEYS.get(key, ord(key.upper()[0]))
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def touch(self, kind, *points):
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        self.send("Input.dispatchTouchEvent", type=kind, touchPoints=fingers)

    def screenshot(self, path):
        shot = self.send("Page.captureScreenshot", format=path.suffix[1:].replace("jpg", "jpeg"))
        path.write_bytes(base64.b64decode(shot["data"]))

    def failures(self):
        """What the page's console and network say went wrong."""
        return [
            event["params"]
            for event in self.events
            if event["method"] == "Runtime.exceptionThrown"
            or (event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error")
        ]

    def requests(self):
        """Addresses that the page asked for."""
        return [
            event["params"].get("url") or event["params"]["request"]["url"]
            for event in self.events
            if event["method"] in ("Network.requestWillBeSent", "Network.webSocketCreated")
        ]


def until(found, what):
    """What ``found`` returns, once that is true."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


@contextlib.contextmanager
def served(root):
    """The address of a static server."""
    handler = functools.partial(QuietHandler, directory=root)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass
