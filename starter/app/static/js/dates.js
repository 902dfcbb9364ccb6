// The server writes exact times in the zone that the cookie names, UTC at first. Here they move to the
// reader's zone, and the server learns it once.
const exact = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "short" });
const update = () => {
  for (const time of document.querySelectorAll("time[datetime]")) time.title = exact.format(new Date(time.dateTime));
};
update();
document.addEventListener("results", update);

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const token = document.querySelector("input[name=csrf_token]")?.value;
const known = () => { try { return localStorage.getItem("zone"); } catch { return zone; } };
if (zone && token && document.querySelector("time[datetime]") && known() !== zone) {
  const body = new URLSearchParams({ csrf_token: token, timezone: zone });
  fetch("/preferences", { method: "POST", body, credentials: "same-origin", redirect: "manual" })
    .then(() => localStorage.setItem("zone", zone))
    .catch(() => {});
}
