// Runs calls of the official client for tests/contract/js_client.py.
//
// Each line on standard input is one call: {"client", "method", "args"}; each line on standard
// output is its answer: {"value"} or {"thrown"}. The method "create" makes a client; any other
// is a dotted path from the client, such as "auth.admin.createUser".

import { createInterface } from 'node:readline';
import { createClient } from '@supabase/supabase-js';

// Realtime refuses to be constructed without a WebSocket, which Node 20 lacks; nothing here opens one.
globalThis.WebSocket ??= class {};

const clients = new Map();

/** An error as plain data: its own fields are not enumerable. */
function describe(error) {
  return {
    name: error.name,
    message: error.message,
    status: error.status ?? null,
    code: error.code ?? null,
    reasons: error.reasons ?? null,
  };
}

/** A JSON.stringify replacer that describes every Error (`this[key]`: before its own toJSON). */
function plain(key, value) {
  return this[key] instanceof Error ? describe(this[key]) : value;
}

async function run({ client, method, args }) {
  if (method === 'create') {
    clients.set(client, createClient(...args));
    return null;
  }
  const path = method.split('.');
  const name = path.pop();
  const target = path.reduce((object, part) => object[part], clients.get(client));
  return await target[name](...args);
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
