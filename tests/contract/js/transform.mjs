// Asks the official client for one picture in each of its ways; tests/contract/
// test_image_transformations.py reads the answer: {way: {url, status, type, body (base64)}}.

import { createClient } from '@supabase/supabase-js';

globalThis.WebSocket ??= class {};

const [url, key, bucket, name, transform] = process.argv.slice(2);
const files = createClient(url, key, { auth: { persistSession: false } }).storage.from(bucket);
const options = { transform: JSON.parse(transform) };

async function bytes(source) {
  return Buffer.from(await source.arrayBuffer()).toString('base64');
}

async function fetched(url) {
  const answer = await fetch(url);
  const type = answer.headers.get('content-type');
  return { url, status: answer.status, type, body: await bytes(answer) };
}

function data(answer) {
  if (answer.error) throw answer.error;
  return answer.data;
}

const blob = data(await files.download(name, options));
const answers = {
  public: await fetched(data(files.getPublicUrl(name, options)).publicUrl),
  signed: await fetched(data(await files.createSignedUrl(name, 60, options)).signedUrl),
  downloaded: { url: null, status: 200, type: blob.type, body: await bytes(blob) },
};
process.stdout.write(JSON.stringify(answers));
