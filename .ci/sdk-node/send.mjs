// Sends every type of event to Dromedary with the Node SDKs of Segment and RudderStack, and one
// event as no SDK would write it, and verifies what arrives as a webhook in Node does.
//
//   npm install --no-audit --no-fund --no-package-lock && node send.mjs ../../target/dromedary.jar

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Rudder from '@rudderstack/rudder-sdk-node';
import { Analytics as Segment } from '@segment/analytics-node';

const AT_MOST_MS = 60_000;
const STOP_AT_MOST_MS = 5_000;
const SECRET = 'sharedsecretvalue';
const WRITE_KEY = 'key';

// What languages write in different ways.
const HOSTILE = {
  z: 'first',
  numbers: [1.0, 1e21, 1e-7, 0.000001, 123456789012345678901, 5e-324, 1.7976931348623157e308],
  unicode: 'é 漢 😀 \u007f \u2028 \u2029 \ufeff',
  escapes: '"\\/\b\t\n\f\r\u0000\u001f<>&\'',
  'lone surrogates': ['\ud800', '\udc00', '\udc00\ud800', 'a\ud83dz'],
  keys: { b: 1, 2: 1, 1: 1, '01': 1, '-1': 1, 4294967294: 1, 4294967295: 1, '': 1, '\u2028': 1 },
  nothing: [null, {}, [], '', false],
};

// Each type with the fields of its own, which both SDKs take in the same form.
const EVENTS = {
  identify: { traits: HOSTILE },
  track: { event: 'Bought \u2028', properties: HOSTILE },
  page: { name: 'Home', properties: HOSTILE },
  screen: { name: 'Home', properties: HOSTILE },
  group: { groupId: 'g', traits: HOSTILE },
  alias: { previousId: 'p' },
};

// Text that JSON.stringify would not write.
const BY_HAND = `{ "messageId": "hand", "userId": "dropped", "event": "\\u0065",
  "properties": { "b": 1.0, "2": 1E21, "1": [ 1.50e1, -0, -0.0, 1e400, 12345678901234567890 ],
    "4294967295": "\\/ \\u002F \\u2028 \\uD83D\\uDE00 \\uD83D \\u001F", "b": 2, "__proto__": { } },
  "userId": "u" }`;

let passed = 0;
let failed = 0;

function check(what, test) {
  try {
    test();
    passed++;
  } catch (error) {
    failed++;
    console.error(`FAILED: ${what}: ${error.message}`);
  }
}

async function startWebhook(requests) {
  const server = http.createServer(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) {
      chunks.push(chunk);
    }
    requests.push({ method: req.method, headers: req.headers, raw: Buffer.concat(chunks) });
    res.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

async function freePort() {
  const server = http.createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
}

function startDromedary(jar, folder, port, webhookPort) {
  const java = process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
  return spawn(java, ['-jar', path.resolve(jar)], {
    cwd: folder,
    stdio: ['ignore', fs.openSync(path.join(folder, 'log'), 'w'), 'inherit'],
    env: {
      ...process.env,
      CAMEL_SERVER_PORT: String(port),
      WEBHOOKS_URLS: `http://127.0.0.1:${webhookPort}/webhook`,
      WEBHOOKS_SIGNING_SECRET: SECRET,
      WEBHOOKS_DEAD_LETTER: 'file:dead-letters?fileName=all.jsonl&fileExist=Append',
      WEBHOOKS_WRITE_KEY_SECRET: WRITE_KEY,
    },
  });
}

async function until(condition, dromedary, what) {
  while (!(await condition())) {
    assert.equal(dromedary.exitCode, null, `Dromedary ended, ${what}`);
    await sleep(20);
  }
}

// A browser's metrics are taken and dropped, without a key.
async function isReady(url) {
  try {
    return (await fetch(`${url}/v1/m`, { method: 'POST' })).ok;
  } catch {
    return false;
  }
}

async function sendBySegment(url) {
  const segment = new Segment({ writeKey: WRITE_KEY, host: url });
  const errors = [];
  segment.on('error', (error) => errors.push(error.reason ?? error));
  for (const [type, event] of Object.entries(EVENTS)) {
    segment[type]({ ...event, userId: 'u', messageId: `segment ${type}` });
  }
  await segment.closeAndFlush();
  check('answers to the Segment SDK', () => assert.deepEqual(errors, []));
}

async function sendByRudder(url) {
  // Without a handler of its own, an error ends the process.
  const errorHandler = () => {};
  const rudder = new Rudder(WRITE_KEY, { dataPlaneUrl: url, errorHandler });
  const answers = Object.entries(EVENTS).map(
    ([type, event]) =>
      new Promise((resolve) => {
        rudder[type]({ ...event, userId: 'u', messageId: `rudder ${type}` }, resolve);
      }),
  );
  await rudder.flush();
  for (const error of await Promise.all(answers)) {
    check('an answer to the RudderStack SDK', () => assert.ifError(error));
  }
}

async function sendByHand(url) {
  const authorization = `Basic ${Buffer.from(`${WRITE_KEY}:`).toString('base64')}`;
  const init = { method: 'POST', headers: { authorization }, body: BY_HAND };
  const answer = await (await fetch(`${url}/v1/track`, init)).json();
  check('the answer to what is sent by hand', () => assert.deepEqual(answer, { success: true }));
}

// As receivers do it: PROTOCOL section 1.
function sign(body) {
  return crypto.createHmac('sha1', SECRET).update(body, 'utf-8').digest('hex');
}

function verify({ method, headers, raw }) {
  const body = JSON.parse(raw.toString('utf-8'));
  const { messageId } = body;
  const type = messageId === 'hand' ? 'track' : messageId.split(' ')[1];
  const sent = messageId === 'hand' ? JSON.parse(BY_HAND) : EVENTS[type];
  check(`${messageId}: is a POST of JSON`, () => {
    assert.equal(method, 'POST');
    assert.equal(headers['content-type'], 'application/json');
    assert.equal(headers['user-agent'], 'Segment.io/1.0');
  });
  check(`${messageId}: X-Signature fits JSON.stringify(req.body)`, () =>
    assert.equal(headers['x-signature'], sign(JSON.stringify(body))));
  check(`${messageId}: X-Signature fits the raw bytes`, () =>
    assert.equal(headers['x-signature'], sign(raw)));
  check(`${messageId}: is written by JSON.stringify`, () =>
    assert.equal(raw.toString('utf-8'), JSON.stringify(body)));
  check(`${messageId}: is complete`, () => {
    assert.equal(body.type, type);
    assert.equal(body.userId, 'u');
    assert.equal(body.version, 1);
    assert.equal(new Date(body.receivedAt).toJSON(), body.receivedAt);
    assert.equal(new Date(body.timestamp).toJSON(), body.timestamp);
    assert.ok(!('writeKey' in body));
  });
  check(`${messageId}: is what was sent`, () => {
    for (const [name, value] of Object.entries(sent)) {
      assert.equal(JSON.stringify(body[name]), JSON.stringify(value), name);
    }
  });
  return messageId;
}

async function run(folder, dromedary, url, requests) {
  await until(() => isReady(url), dromedary, 'before it was ready');
  await Promise.all([sendBySegment(url), sendByRudder(url), sendByHand(url)]);
  const expected = ['segment', 'rudder']
    .flatMap((sdk) => Object.keys(EVENTS).map((type) => `${sdk} ${type}`))
    .concat('hand');
  await until(() => requests.length >= expected.length || failed > 0, dromedary, 'before all had arrived');
  const arrived = requests.map(verify);
  check('every event arrives once', () => assert.deepEqual(arrived.sort(), expected.sort()));
  check('nothing is given up', () => assert.ok(!fs.existsSync(path.join(folder, 'dead-letters'))));
}

async function stop(dromedary) {
  if (dromedary.exitCode === null && dromedary.signalCode === null) {
    dromedary.kill();
    await Promise.race([once(dromedary, 'exit'), sleep(STOP_AT_MOST_MS, null, { ref: false })]);
  }
}

const [jar] = process.argv.slice(2);
assert.ok(jar && fs.existsSync(jar), 'usage: node send.mjs path/to/dromedary.jar');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'dromedary-'));
const requests = [];
const webhook = await startWebhook(requests);
const port = await freePort();
const dromedary = startDromedary(jar, folder, port, webhook.address().port);
process.on('exit', () => {
  dromedary.kill('SIGKILL');
  fs.rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1));
}
const tooLate = sleep(AT_MOST_MS - STOP_AT_MOST_MS, null, { ref: false }).then(() => {
  throw new Error(`${requests.length} events had arrived when the time was over`);
});
try {
  await Promise.race([run(folder, dromedary, `http://127.0.0.1:${port}`, requests), tooLate]);
} catch (error) {
  failed++;
  console.error(`FAILED: ${error.message}`);
  console.error(fs.readFileSync(path.join(folder, 'log'), 'utf-8'));
}
await stop(dromedary);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
