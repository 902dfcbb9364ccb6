// Runs calls of the official client for tests/contract/js_client.py.
//
// Each line on standard input is one call: {"client", "method", "args"}; each line on standard
// output is its answer: {"value"} or {"thrown"}. A method is
// a dotted path from the client, such as "auth.admin.createUser" or "storage.from(files).list";
// behind ">" stands what to call on the outcome, as in "storage.from(files).download>asStream".
//
// An argument {"$body": kind, "text", "type"} becomes a body of that kind, {"$record": true} a listener
// to auth events; a Blob or a stream that comes back becomes {"$bytes": base64, "type"}.
//
// Methods of this file: "create" makes a client; "events" returns what its listeners have heard since;
// "unsubscribe" ends the last listener; "methods" lists what an object of the client has.

import { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { createClient } from '@supabase/supabase-js';

// Realtime refuses to be constructed without a WebSocket, which Node 20 lacks; nothing here opens one.
globalThis.WebSocket ??= class {};

const clients = new Map();
const heard = new Map(); // client -> [[event, user id], …]
const subscriptions = new Map(); // client -> its last subscription to auth events

/** An error as plain data: its own fields are not enumerable. */
function describe(error) {
  return {
    name: error.name,
    message: error.message,
    status: error.status ?? null,
    code: error.code ?? null,
    statusCode: error.statusCode ?? null,
    reasons: error.reasons ?? null,
  };
}

/** A JSON.stringify replacer that describes every Error (`this[key]`: before its own toJSON). */
function plain(key, value) {
  return this[key] instanceof Error ? describe(this[key]) : value;
}

const bytes = (text) => new TextEncoder().encode(text);

/** How the client may be given a file. */
const bodies = {
  string: (text) => text,
  ArrayBuffer: (text) => bytes(text).buffer,
  Uint8Array: bytes,
  DataView: (text) => new DataView(bytes(text).buffer),
  Buffer: (text) => Buffer.from(text),
  Blob: (text, type) => new Blob([text], { type }),
  File: (text, type) => new File([text], 'its own name.bin', { type }),
  URLSearchParams: (text) => new URLSearchParams(text),
  ReadableStream: (text) => new Blob([text]).stream(),
  NodeStream: (text) => Readable.from([Buffer.from(text)]),
  FormData: (text, type) => {
    const form = new FormData();
    form.append('file', new Blob([text], { type }), 'its own name.bin');
    return form;
  },
};

function revive(argument, client) {
  if (argument?.['$record']) {
    return (event, session) => void heard.get(client).push([event, session?.user?.id ?? null]);
  }
  const kind = argument?.['$body'];
  if (kind) return bodies[kind](argument.text, argument.type);
  if (argument?.constructor !== Object) return argument;
  return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, revive(value)]));
}

/** What came back, with the bytes of a Blob or a stream read. */
async function read(value) {
  const data = value?.data;
  if (!(data instanceof Blob || data instanceof ReadableStream)) return value;
  const whole = data instanceof Blob ? data : await new Response(data).blob();
  const base64 = Buffer.from(await whole.arrayBuffer()).toString('base64');
  return { ...value, data: { $bytes: base64, type: data.type ?? null } };
}

/** `object.name`, or `object.name(argument)`. */
function step(object, part) {
  const call = part.match(/^(\w+)\((.*)\)$/);
  return call ? object[call[1]](call[2]) : object[part];
}

/** Every function of an object that is not the language's own. */
function methods(object) {
  const names = new Set();
  for (let at = object; at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (name !== 'constructor' && typeof object[name] === 'function') names.add(name);
    }
  }
  return [...names];
}

const own = {
  create(client, ...args) {
    clients.set(client, createClient(...args));
    heard.set(client, []);
    return null;
  },
  events: (client) => heard.get(client).splice(0),
  unsubscribe: (client) => subscriptions.get(client).unsubscribe() ?? null,
  methods: (client, path) => methods(path.split('.').reduce(step, clients.get(client))),
};

async function run({ client, method, args }) {
  if (method in own) return own[method](client, ...args);
  const [path, after] = method.split('>');
  const parts = path.split(/\.(?![^(]*\))/);
  const name = parts.pop();
  const target = parts.reduce(step, clients.get(client));
  const outcome = target[name](...args.map((argument) => revive(argument, client)));
  const value = await (after ? outcome[after]() : outcome);
  if (value?.data?.subscription) {
    subscriptions.set(client, value.data.subscription);
    return { data: String(value.data.subscription.id) };
  }
  return await read(value);
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = { value: (await run(JSON.parse(line))) ?? null };
  } catch (error) {
    answer = { thrown: describe(error) };
  }
  process.stdout.write(JSON.stringify(answer, plain) + '\n');
}
process.exit(0);
