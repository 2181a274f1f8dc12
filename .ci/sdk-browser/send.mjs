// Sends events to Dromedary with the browser SDKs of Segment and RudderStack as npm has them, in a
// headless Chromium, from a page of another origin, and verifies what arrives at a webhook.
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
import puppeteer from 'puppeteer-core';

const AT_MOST_MS = 120_000;
const STOP_AT_MOST_MS = 5_000;
const SECRET = 'sharedsecretvalue';
const WRITE_KEY = 'key';
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const SEGMENT = 'node_modules/@segment/analytics-next/dist/umd/index.js';
const RUDDERSTACK = 'node_modules/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js';

// More than the 8 KB that most servers take of a head, as browsers send it under a domain of one's own.
const COOKIES = Array.from({ length: 7 }, (_, i) => `c${i}=${'x'.repeat(3_000)}`);

// Of the script of a page.
const ID_OF = `const id = (type) => NAME + ' ' + type;`;

// What arrives of each page, by its messageIds.
const EXPECTED = {
  segment: ['identify', 'page', 'track', 'group', 'alias', 'screen'],
  'segment-batch': ['track', 'track-2'],
  rudder: ['identify', 'page', 'track', 'group', 'alias'],
  'rudder-batch': ['track', 'track-2'],
  'rudder-beacon': ['track', 'track-2'],
  beacon: ['track'],
  pixel: ['track'],
};

function segment(name, load, send) {
  return `<script src="/segment.js"></script><script>
    const NAME = ${JSON.stringify(name)}; ${ID_OF}
    const analytics = AnalyticsNext.AnalyticsBrowser.load(
      { writeKey: ${JSON.stringify(WRITE_KEY)}, cdnURL: API }, ${load});
    const option = (type) => ({ messageId: id(type) });
    (async () => { ${send} })()
      .then(() => { document.title = 'sent'; }, (e) => { document.title = 'failed: ' + e; });
  </script>`;
}

// It has no messageId of its own choice: the event says which it is.
function rudder(name, load, send) {
  return `<script src="/rudder.js"></script><script>
    const NAME = ${JSON.stringify(name)}; ${ID_OF}
    const analytics = new rudderanalytics.RudderAnalytics();
    analytics.load(${JSON.stringify(WRITE_KEY)}, API, { configUrl: API, ...${load} });
    const of = (type) => ({ id: id(type) });
    analytics.ready(() => { ${send} document.title = 'sent'; });
  </script>`;
}

// What each page has to ask of Dromedary.
const ASKED = {
  segment: [`GET /v1/projects/${WRITE_KEY}/settings`, 'POST /v1/t'],
  'segment-batch': ['POST /v1/b'],
  rudder: ['GET /sourceConfig/?', 'POST /v1/track'],
  'rudder-batch': ['POST /v1/batch'],
  'rudder-beacon': [`POST /beacon/v1/batch?writeKey=${WRITE_KEY}`],
  beacon: ['POST /v1/t'],
  pixel: ['GET /v1/pixel/track?data='],
};

// Each loads an SDK, sends, and says so by its title.
const PAGES = {
  segment: segment(
    'segment',
    '{ integrations: { "Segment.io": { deliveryStrategy: { config: { credentials: "include" } } } } }',
    `await analytics.identify('u', { plan: 'é' }, option('identify'));
     await analytics.page('Home', { a: 1 }, option('page'));
     await analytics.track('Bought', { a: 1 }, option('track'));
     await analytics.group('g', { a: 1 }, option('group'));
     await analytics.alias('u2', 'u', option('alias'));
     await analytics.screen('Home', { a: 1 }, option('screen'));`,
  ),
  'segment-batch': segment(
    'segment-batch',
    '{ integrations: { "Segment.io": { deliveryStrategy: { strategy: "batching", config: { size: 2 } } } } }',
    `await Promise.all([
       analytics.track('Bought', { a: 1 }, option('track')),
       analytics.track('Bought', { a: 2 }, option('track-2'))]);`,
  ),
  rudder: rudder(
    'rudder',
    '{}',
    `analytics.identify('u', { ...of('identify'), plan: 'é' });
     analytics.page('shop', 'Home', of('page'));
     analytics.track('Bought', of('track'));
     analytics.group('g', of('group'));
     analytics.alias('u2', 'rudder alias');`,
  ),
  'rudder-batch': rudder(
    'rudder-batch',
    '{ queueOptions: { batch: { enabled: true, maxItems: 2, flushInterval: 500 } } }',
    `analytics.track('Bought', of('track'));
     analytics.track('Bought', of('track-2'));`,
  ),
  'rudder-beacon': rudder(
    'rudder-beacon',
    '{ useBeacon: true, beaconQueueOptions: { flushQueueInterval: 500 } }',
    `analytics.track('Bought', of('track'));`,
  ),
  beacon: `<script>
    const body = JSON.stringify({ writeKey: ${JSON.stringify(WRITE_KEY)}, type: 'track', event: 'Left',
      anonymousId: 'a', messageId: 'beacon track' });
    document.title = navigator.sendBeacon(API + '/v1/t', body) ? 'sent' : 'failed: not queued';
  </script>`,
  pixel: `<script>
    const data = btoa(JSON.stringify({ writeKey: ${JSON.stringify(WRITE_KEY)}, event: 'Opened',
      anonymousId: 'a', messageId: 'pixel track' }));
    const image = new Image();
    image.onload = () => { document.title = image.width + 'x' + image.height === '1x1' ? 'sent' : 'failed'; };
    image.onerror = () => { document.title = 'failed: no image'; };
    image.src = API + '/v1/pixel/track?data=' + encodeURIComponent(data);
  </script>`,
};

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

async function listen(answer) {
  // A browser's cookies are those of a host, whatever the port.
  const server = http.createServer({ maxHeaderSize: 64 * 1024 }, answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

function startWebhook(requests) {
  return listen(async (req, res) => {
    const chunks = [];
    for await (const chunk of req) {
      chunks.push(chunk);
    }
    requests.push({ headers: req.headers, raw: Buffer.concat(chunks) });
    res.end();
  });
}

// The shop, whose pages have the SDKs.
function startShop(api) {
  const head = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script>const API = '${api}';</script>`;
  return listen((req, res) => {
    const name = new URL(req.url, 'http://shop').pathname.slice(1);
    if (name === 'segment.js' || name === 'rudder.js') {
      res.setHeader('Content-Type', 'text/javascript; charset=utf-8');
      res.end(fs.readFileSync(name === 'segment.js' ? SEGMENT : RUDDERSTACK));
    } else {
      res.setHeader('Content-Type', 'text/html; charset=utf-8');
      res.end(name in PAGES ? head + PAGES[name] : head);
    }
  });
}

async function freePort() {
  const server = await listen();
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
}

function startDromedary(jar, folder, port, webhookPort, origin) {
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
      WEBHOOKS_CORS_ORIGINS: origin,
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

// The longest cookies that have been sent to a server, in bytes.
async function watchCookies(page, api) {
  const longest = { bytes: 0 };
  const session = await page.createCDPSession();
  session.on('Network.requestWillBeSentExtraInfo', ({ headers }) => {
    const of = (name) => headers[name] ?? headers[name.toLowerCase()] ?? '';
    if (of('Host') === new URL(api).host) {
      longest.bytes = Math.max(longest.bytes, of('Cookie').length);
    }
  });
  await session.send('Network.enable');
  return longest;
}

// Requests to anybody else, and to Dromedary such that are not answered well, are faults.
function watch(page, name, allowed, urls) {
  page.on('request', (request) => {
    urls.push(`${request.method()} ${request.url()}`);
    if (!/^(data|blob|about):/.test(request.url())) {
      check(`${name}: asks nobody else, as ${request.url()}`, () =>
        assert.ok(allowed.includes(new URL(request.url()).origin)));
    }
  });
  page.on('response', (response) => {
    check(`${name}: ${response.request().method()} ${response.url()} is answered`, () =>
      assert.equal(response.status(), 200));
  });
  page.on('pageerror', (error) => check(`${name}: runs`, () => assert.fail(error.message)));
  page.on('console', (message) => {
    if (message.text().startsWith('beacon ')) {
      urls.push(`POST ${message.text().slice('beacon '.length)}`);
    }
    if (message.type() === 'error') {
      check(`${name}: tells no error`, () => assert.fail(message.text()));
    }
  });
}

// It shares its cookies with no other, nor what an SDK keeps of one page for the next.
async function visit(browser, name, shop, api) {
  const context = await browser.createBrowserContext();
  try {
    const page = await context.newPage();
    for (const cookie of COOKIES) {
      const [key, value] = cookie.split('=');
      await page.setCookie({ name: key, value, url: api });
    }
    const urls = [];
    watch(page, name, [shop, api], urls);
    const cookies = await watchCookies(page, api);
    // A beacon is no request of the page's, of which the browser would tell.
    await page.evaluateOnNewDocument(() => {
      const send = navigator.sendBeacon.bind(navigator);
      navigator.sendBeacon = (url, body) => {
        console.log(`beacon ${url}`);
        return send(url, body);
      };
    });
    await page.goto(`${shop}/${name}`);
    await page.waitForFunction('/^(sent|failed)/.test(document.title)', { timeout: 30_000 });
    const title = await page.title();
    check(`${name}: sends`, () => assert.equal(title, 'sent'));
    return { context, page, urls, cookies };
  } catch (error) {
    await context.close();
    throw error;
  }
}

function sign(body) {
  return crypto.createHmac('sha1', SECRET).update(body, 'utf-8').digest('hex');
}

// Which event it is, by the id that a page has given to it.
function idOf(body) {
  const ofPage = /^(segment|segment-batch|beacon|pixel) /;
  if (ofPage.test(body.messageId)) {
    return body.messageId;
  }
  return (
    body.properties?.id ?? body.traits?.id ?? body.context?.traits?.id ?? 'unknown event'
  );
}

function verify({ headers, raw }) {
  const body = JSON.parse(raw.toString('utf-8'));
  const id = body.type === 'alias' && body.previousId === 'rudder alias' ? 'rudder alias' : idOf(body);
  const type = id.split(' ')[1].replace(/-\d$/, '');
  check(`${id}: X-Signature fits the raw bytes`, () =>
    assert.equal(headers['x-signature'], sign(raw)));
  check(`${id}: is written by JSON.stringify`, () =>
    assert.equal(raw.toString('utf-8'), JSON.stringify(body)));
  check(`${id}: is complete`, () => {
    assert.equal(body.type, type);
    assert.equal(new Date(body.receivedAt).toJSON(), body.receivedAt);
    assert.equal(new Date(body.timestamp).toJSON(), body.timestamp);
    assert.ok(!('writeKey' in body));
  });
  if (type === 'identify') {
    check(`${id}: has its traits`, () =>
      assert.equal((body.traits ?? body.context.traits).plan ?? body.context.traits.plan, 'é'));
  }
  return id;
}

async function run(folder, dromedary, api, shop, requests) {
  await until(() => isReady(api), dromedary, 'before it was ready');
  const executablePath = process.env.CHROMIUM ?? CHROMIUM.find((file) => fs.existsSync(file));
  assert.ok(executablePath, `expected a Chromium at one of ${CHROMIUM}, found none`);
  const browser = await puppeteer.launch({
    executablePath,
    headless: true,
    userDataDir: path.join(folder, 'chromium'),
    // Root may not use the sandbox, and containers have little shared memory.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  const expected = Object.entries(EXPECTED).flatMap(([page, types]) =>
    types.map((type) => `${page} ${type}`),
  );
  try {
    for (const name of Object.keys(PAGES)) {
      const before = requests.length;
      const { context, page, urls, cookies } = await visit(browser, name, shop, api);
      if (name === 'rudder-beacon') {
        await until(() => requests.length > before, dromedary, 'before a beacon had arrived');
        // What has not been sent is sent when the page is left.
        await page.evaluate("analytics.track('Bought', of('track-2'))");
        await page.goto(`${shop}/nothing`);
      }
      await until(
        () => requests.length >= before + EXPECTED[name].length || failed > 0,
        dromedary,
        `before all of ${name} had arrived`,
      );
      const asked = (what) => urls.some((url) => url.startsWith(what.replace(' ', ` ${api}`)));
      for (const what of ASKED[name] ?? []) {
        check(`${name}: asks ${what}`, () => assert.ok(asked(what), urls.join(', ')));
      }
      if (name === 'segment') {
        check('cookies of more than 20 KB are sent', () => assert.ok(cookies.bytes > 20_000));
      }
      await context.close();
    }
  } finally {
    await browser.close();
  }
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
const api = `http://127.0.0.1:${port}`;
const shopServer = await startShop(api);
const shop = `http://127.0.0.1:${shopServer.address().port}`;
const dromedary = startDromedary(jar, folder, port, webhook.address().port, shop);
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
  await Promise.race([run(folder, dromedary, api, shop, requests), tooLate]);
} catch (error) {
  failed++;
  console.error(`FAILED: ${error.message}`);
  console.error(fs.readFileSync(path.join(folder, 'log'), 'utf-8'));
}
await stop(dromedary);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
