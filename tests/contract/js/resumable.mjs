// Uploads one file with tus-js-client for tests/contract/test_tus_js_client.py, as Supabase's guide to
// resumable uploads sets it up.
//
// Standard input is one JSON object; standard output is one line when it has ended. The memory of
// unfinished uploads is the file `remember`, as a browser's local storage would be.

import { readFileSync } from 'node:fs';
import { FileUrlStorage, Upload } from 'tus-js-client';

const { file, remember, url, headers, metadata, retryDelays } = JSON.parse(readFileSync(0, 'utf8'));

const sent = { resumed: false, requests: [] };

function say(outcome) {
  process.stdout.write(JSON.stringify({ ...sent, ...outcome }) + '\n');
}

const upload = new Upload(readFileSync(file), {
  endpoint: url,
  retryDelays,
  headers,
  uploadDataDuringCreation: true,
  removeFingerprintOnSuccess: true,
  metadata,
  chunkSize: 6 * 1024 * 1024,
  urlStorage: new FileUrlStorage(remember),
  onAfterResponse: (request, response) => {
    sent.requests.push([request.getMethod(), response.getStatus()]);
  },
  onError: (error) => say({ error: String(error) }),
  onSuccess: () => say({ error: null, location: upload.url }),
});

const previous = await upload.findPreviousUploads();
if (previous.length > 0) {
  sent.resumed = true;
  upload.resumeFromPreviousUpload(previous[0]);
}
upload.start();
