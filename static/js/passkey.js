// Passkeys: asks the device for one, or lets it make one, and sends the form that is marked for it.

const form = document.getElementById("passkey");
const button = form?.querySelector("button[type=button]");
const said = form?.querySelector("[role=status]");
// Browsers know passkeys for names only, not for an address in numbers.
const isNamed = !/^[\d.]+$|:/.test(location.hostname);
const isAble = "PublicKeyCredential" in window && isNamed;

const read = (id) => JSON.parse(document.getElementById(id).textContent);

async function options() {
  if (form.dataset.options) return read(form.dataset.options);
  const answer = await fetch(form.dataset.get, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return (await answer.json()).request_options;
}

// One that the device finds by itself, and that asks who holds it: so that it signs in without anything else.
async function made(wanted) {
  Object.assign(wanted.publicKey.authenticatorSelection, {
    residentKey: "required",
    requireResidentKey: true,
    userVerification: "required",
  });
  return window.webauthnJSON.create(wanted);
}

async function use() {
  const wanted = await options();
  const credential = await (form.dataset.makes ? made(wanted) : window.webauthnJSON.get(wanted));
  form.elements.credential.value = JSON.stringify(credential);
  form.submit();
}

if (isAble) {
  for (const one of document.querySelectorAll("[data-needs-passkeys]")) one.hidden = false;
  document.getElementById("no-passkeys")?.remove();
}
if (form && isAble) {
  form.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    said.textContent = "";
    try {
      await use();
    } catch {
      said.textContent = form.dataset.failed;
      button.disabled = false;
    }
  });
}
