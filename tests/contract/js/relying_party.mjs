// Runs openid-client for tests/contract/openid_client.py: an application that signs people in.
//
// Each line on standard input is one call: {"client", "method", "args"}; each line on standard
// output is its answer: {"value"} or {"thrown"}.

import { createInterface } from 'node:readline';
import * as oidc from 'openid-client';

const methods = {
  client_secret_basic: oidc.ClientSecretBasic,
  client_secret_post: oidc.ClientSecretPost,
  none: oidc.None,
};
// http is for tests; and the ID token's signature is checked although it comes from the token
// endpoint, where OpenID Connect Core lets TLS stand in for that.
const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
const applications = new Map();

const calls = {
  /** Find the provider, and register there when there is no client id yet. */
  async create(name, issuer, { method, clientId, secret, metadata, algorithm }) {
    const proof = methods[method](secret);
    const options = { algorithm, execute };
    const config = clientId
      ? await oidc.discovery(new URL(issuer), clientId, {}, proof, options)
      : await oidc.dynamicClientRegistration(
          new URL(issuer),
          { ...metadata, token_endpoint_auth_method: method },
          undefined, // what it registers with, which it learns then
          options,
        );
    applications.set(name, { config });
    return { server: config.serverMetadata(), client: config.clientMetadata() };
  },

  /** Return where the browser goes to sign in, and remember what the way back must prove. */
  async leave(name, parameters, plain) {
    const application = applications.get(name);
    const verifier = oidc.randomPKCECodeVerifier();
    const checks = {
      pkceCodeVerifier: verifier,
      expectedState: oidc.randomState(),
      expectedNonce: oidc.randomNonce(),
      idTokenExpected: true,
    };
    application.checks = checks;
    return oidc.buildAuthorizationUrl(application.config, {
      code_challenge: plain ? verifier : await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: plain ? 'plain' : 'S256',
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      ...parameters,
    }).href;
  },

  /** Take the way back. `other` are checks of another sign-in, to see them fail. */
  async comeBack(name, url, other) {
    const { config, checks } = applications.get(name);
    const expected = { ...checks, ...other };
    const tokens = await oidc.authorizationCodeGrant(config, new URL(url), expected);
    return { tokens, claims: tokens.claims() };
  },

  userinfo: (name, token, subject) =>
    oidc.fetchUserInfo(applications.get(name).config, token, subject),

  refresh: (name, token, parameters) =>
    oidc.refreshTokenGrant(applications.get(name).config, token, parameters),

  revoke: (name, token) => oidc.tokenRevocation(applications.get(name).config, token),
};

/** An error as plain data: its own fields are not enumerable. */
function describe(error) {
  const { name, message, code, status, error: word, error_description: why, cause } = error;
  const challenge = Array.isArray(cause) ? cause[0]?.parameters : undefined;
  return {
    name,
    message,
    code,
    status: status ?? (cause instanceof Response ? cause.status : undefined),
    error: word ?? challenge?.error,
    why: why ?? cause?.message,
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { client, method, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await calls[method](client, ...args)) ?? null };
  } catch (error) {
    answer = { thrown: describe(error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
process.exit(0);
