// Keeps the list fresh and the mail's frame as tall as the mail. The page works without it.
(() => {
  "use strict";
  const PAUSE = 1500;
  let revision = document.body.dataset.revision;

  const fit = (frame) => {
    const page = frame.contentDocument;
    if (page && page.documentElement) {
      // A document is never shorter than its frame: measure it in a small one.
      frame.style.height = "1px";
      frame.style.height = `${Math.max(page.documentElement.scrollHeight, 120)}px`;
    }
  };
  const frame = document.querySelector("iframe.frame");
  if (frame) {
    frame.addEventListener("load", () => fit(frame));
    addEventListener("resize", () => fit(frame));
    fit(frame);
  }

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const field = document.getElementById("query");
    const typing = document.activeElement === field;
    const typed = field.value;
    const scrolled = document.querySelector(".list").scrollTop;
    for (const part of [".list", ".top"]) {
      const old = document.querySelector(part);
      const now = fresh.querySelector(part);
      // An open question is not taken away under the reader's hand.
      if (old && now && !old.querySelector("details[open]")) old.replaceWith(now);
    }
    document.querySelector(".list").scrollTop = scrolled;
    if (typing) {
      const again = document.getElementById("query");
      again.value = typed;
      again.focus();
    }
  };

  const look = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch("/revision");
        const now = (await answer.text()).trim();
        if (answer.ok && now !== revision) {
          revision = now;
          await refresh();
        }
      }
    } catch {
      // The stack is being started again; the next look will tell.
    }
    setTimeout(look, PAUSE);
  };
  setTimeout(look, PAUSE);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh().catch(() => {}); });
})();
