"""Runs the receivers of README.md and docs/receivers.md against what Dromedary really delivers.

    python3 .ci/receivers/verify.py target/dromedary.jar

Takes a delivery of one event and one of a batch from the packaged application, and gives each to
each receiver, as it came and with a byte changed. A receiver whose tool is not there is skipped.
"""

import http.client
import http.server
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = "sharedsecretvalue"
AT_MOST = 90
# What languages write in different ways, and what could be taken for the end of the first event.
PROPERTIES = {"price": 1.5, "big": 1e21, "text": "é 漢 😀 \u2028 <>&' ]},{[\" \\", "nested": [{"a": []}]}
EVENTS = [{"type": "track", "userId": "u", "event": f"E{n}", "properties": PROPERTIES} for n in range(3)]

PYTHON = """
import sys
for body in sys.argv[2::2]:
    signature = sys.argv[sys.argv.index(body) + 1]
    print(verified(open(body, 'rb').read(), signature, sys.argv[1]))
"""

GO = """package main

import (
	"fmt"
	"os"
)

%s

func main() {
	for i := 2; i < len(os.Args); i += 2 {
		body, err := os.ReadFile(os.Args[i])
		if err != nil {
			panic(err)
		}
		fmt.Println(verified(body, os.Args[i+1], os.Args[1]))
	}
}
"""

JAVA = """
import com.fasterxml.jackson.core.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Receiver {
  %s

  public static void main(String[] args) throws Exception {
    for (int i = 1; i < args.length; i += 2) {
      System.out.println(verified(Files.readAllBytes(Path.of(args[i])), args[i + 1], args[0]));
    }
  }
}
"""

NODE = """
import crypto from 'node:crypto'
import { once } from 'node:events'
import fs from 'node:fs'
import express from 'express'
const [SECRET, ...deliveries] = process.argv.slice(2)
const app = express()
%s
const server = app.listen(0, '127.0.0.1')
await once(server, 'listening')
for (let i = 0; i < deliveries.length; i += 2) {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/hook`, {
    method: 'POST', body: fs.readFileSync(deliveries[i]),
    headers: { 'content-type': 'application/json', 'x-signature': deliveries[i + 1] } })
  console.log(answer.status === 200 ? 'true' : answer.status === 401 ? 'false' : answer.status)
}
process.exit(0)
"""


def block(file, language, holding):
    text = (ROOT / file).read_text(encoding="utf-8")
    found = [b for b in re.findall(rf"```{language}\n(.*?)```", text, re.S) if holding in b]
    assert len(found) == 1, f"{file}: {len(found)} blocks of {language} with {holding}, expected 1"
    return found[0]


def receive(jar, folder):
    """The bodies and signatures of one event and of a batch, as they came."""
    came = {}

    class Webhook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.setdefault(self.path, (body, self.headers["X-Signature"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hook = f"http://127.0.0.1:{server.server_port}"
    environment = {
        **os.environ,
        "CAMEL_SERVER_PORT": str(port),
        "WEBHOOKS_URLS": f"{hook}/single",
        "WEBHOOKS_SIGNING_SECRET": SECRET,
        "WEBHOOKS_DESTINATION_MANY_URLS": f"{hook}/batch",
        "WEBHOOKS_DESTINATION_MANY_SIGNING_SECRET": SECRET,
        "WEBHOOKS_DESTINATION_MANY_BATCH_SIZE": str(len(EVENTS)),
    }
    log = folder / "log"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            ["java", "-jar", jar], cwd=folder, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + AT_MOST
        is_sent = False
        while len(came) < 2:
            if process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"no delivery; the log:\n{log.read_text(encoding='utf-8')}")
            try:
                if not is_sent:
                    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                    connection.request("POST", "/v1/batch", json.dumps({"batch": EVENTS}))
                    is_sent = connection.getresponse().status == 200
            except OSError:
                pass
            time.sleep(0.05)
    finally:
        process.terminate()
        process.wait(40)
        server.shutdown()
    assert came["/batch"][0].startswith(b"[") and len(json.loads(came["/batch"][0])) > 1, "no batch came"
    return [came["/single"], came["/batch"]]


def python(folder):
    (folder / "receiver.py").write_text(block("docs/receivers.md", "python", "def verified") + PYTHON, "utf-8")
    return [sys.executable, "receiver.py"]


def go(folder):
    source = block("docs/receivers.md", "go", "func verified")
    (folder / "receiver.go").write_text(GO % source, "utf-8")
    return ["go", "run", "receiver.go"]


def java(folder):
    source = block("docs/receivers.md", "java", "boolean verified")
    (folder / "Receiver.java").write_text(JAVA % source, "utf-8")
    return ["java", "-cp", f"{jar.parent}/lib/*", "Receiver.java"]


def node(folder):
    subprocess.run(["npm", "install", "-s", "--no-audit", "--no-fund", "express@5"], cwd=folder, check=True)
    (folder / "receiver.mjs").write_text(NODE % block("README.md", "js", "X-Signature"), "utf-8")
    return ["node", "receiver.mjs"]


jar = pathlib.Path(sys.argv[1]).resolve()
failed = False
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    deliveries = []
    for n, (body, signature) in enumerate(receive(jar, folder)):
        for suffix, sent in (("true", body), ("false", body.replace(b'"E', b'"F', 1))):
            file = folder / f"{n}-{suffix}"
            file.write_bytes(sent)
            deliveries += [str(file), signature]
    for tool, prepare in (("python3", python), ("go", go), ("java", java), ("npm", node)):
        if shutil.which(tool) is None:
            print(f"SKIPPED: the receiver for {prepare.__name__}: there is no {tool}")
            continue
        run = subprocess.run([*prepare(folder), SECRET, *deliveries], cwd=folder, capture_output=True, text=True)
        said = run.stdout.lower().split()
        ok = said == ["true", "false", "true", "false"]
        failed |= not ok
        print(f"{prepare.__name__}: {'passed' if ok else f'FAILED: {said} {run.stderr}'}", flush=True)
sys.exit(failed)
