// A link from Supabase Auth may carry its tokens, or its error, behind the "#". No server sees that part,
// so this hands it over by a form, and takes it out of the address before anything else can read it.
const carried = new URLSearchParams(location.hash.slice(1));
// What makes up a link. Nothing else goes into the form: whoever wrote the address may have added fields.
const parts = ["type", "flow", "access_token", "refresh_token", "token_hash", "code", "error", "error_code", "error_description", "message"];
if (["access_token", "error", "error_code", "message"].some((name) => carried.has(name))) {
  const form = document.querySelector("form[data-fragment]");
  if (form) {
    for (const part of document.querySelectorAll("[data-with-fragment]")) part.hidden = false;
    for (const part of document.querySelectorAll("[data-without-fragment]")) part.hidden = true;
    // What stood in the query (the flow) belongs to the link as well.
    for (const [name, value] of [...new URLSearchParams(location.search), ...carried]) {
      if (!parts.includes(name)) continue;
      const input = document.createElement("input");
      input.type = "hidden";
      input.name = name;
      input.value = value;
      form.append(input);
    }
    history.replaceState(null, "", location.pathname);
    form.submit();
  } else {
    location.replace("/auth/callback" + location.search + location.hash);
  }
}
