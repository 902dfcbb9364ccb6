// Passkeys (WebAuthn): asks the server for a challenge, the authenticator for its answer, and sends that
// by the form. Where the browser has no WebAuthn, or the address is a number, the parts stay hidden.
const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list || []).map((each) => ({ ...each, id: decode(each.id) }));
const isNumber = /^[\d.]+$|^\[/.test(location.hostname);

const create = async (options) => {
  const made = await navigator.credentials.create({ publicKey: {
    ...options,
    challenge: decode(options.challenge),
    user: { ...options.user, id: decode(options.user.id) },
    excludeCredentials: known(options.excludeCredentials),
  } });
  return [made, {
    clientDataJSON: encode(made.response.clientDataJSON),
    attestationObject: encode(made.response.attestationObject),
    transports: made.response.getTransports?.() || [],
  }];
};

const get = async (options) => {
  const found = await navigator.credentials.get({ publicKey: {
    ...options,
    challenge: decode(options.challenge),
    allowCredentials: known(options.allowCredentials),
  } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return [found, {
    clientDataJSON: encode(clientDataJSON),
    authenticatorData: encode(authenticatorData),
    signature: encode(signature),
    userHandle: userHandle ? encode(userHandle) : null,
  }];
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const usable = window.PublicKeyCredential && window.isSecureContext && !isNumber;
  for (const part of document.querySelectorAll("[data-with-passkeys]")) part.hidden = !usable;
  for (const part of document.querySelectorAll("[data-without-passkeys]")) part.hidden = usable;
  const button = form.querySelector("button[type=submit]");
  const problem = form.querySelector("[data-problem]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    problem.hidden = true;
    try {
      const answer = await fetch(form.dataset.options, {
        method: "POST",
        headers: { Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
      });
      const body = await answer.json();
      if (!answer.ok) throw new Error(body.title);
      const [credential, response] = await (form.dataset.passkey === "create" ? create : get)(body.options);
      form.elements.challenge_id.value = body.challenge_id;
      form.elements.credential.value = JSON.stringify({
        id: credential.id,
        rawId: encode(credential.rawId),
        type: credential.type,
        authenticatorAttachment: credential.authenticatorAttachment || undefined,
        clientExtensionResults: credential.getClientExtensionResults(),
        response,
      });
      form.submit();
    } catch (error) {
      // The person closed the window, or it is there already: the browser's words are not theirs.
      const words = { NotAllowedError: form.dataset.stopped, InvalidStateError: form.dataset.known };
      problem.textContent = words[error.name] || form.dataset.failed;
      problem.hidden = false;
      button.removeAttribute("aria-busy");
    }
  });
}
