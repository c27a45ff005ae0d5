// Passkeys: asks the browser what the form says, and sends its answer with the form. Without this
// file, or where a browser knows no passkeys, the forms stay hidden and passwords and codes serve.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const base64url = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const ids = (credentials) => (credentials ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

function ask(does, asked) {
  const publicKey = { ...asked, challenge: bytes(asked.challenge) };
  if (does === "get") {
    publicKey.allowCredentials = ids(asked.allowCredentials);
    return navigator.credentials.get({ publicKey });
  }
  publicKey.user = { ...asked.user, id: bytes(asked.user.id) };
  publicKey.excludeCredentials = ids(asked.excludeCredentials);
  return navigator.credentials.create({ publicKey });
}

/** The credential as the JSON that the WebAuthn standard gives it. */
function told(credential) {
  const response = {};
  for (const part of [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ]) {
    if (credential.response[part]) response[part] = base64url(credential.response[part]);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: base64url(credential.rawId), type, response });
}

async function answer(form) {
  const said = form.querySelector("[data-said]");
  said.textContent = "";
  try {
    const credential = await ask(form.dataset.passkey, JSON.parse(form.dataset.asked));
    form.elements.credential.value = told(credential);
    form.submit();
  } catch (problem) {
    said.textContent =
      problem.name === "SecurityError"
        ? "Browsers give passkeys only to HTTPS and to localhost, not to this address."
        : "The browser gave no passkey. Try again, or use the form above.";
  }
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer(form);
    });
  }
}
