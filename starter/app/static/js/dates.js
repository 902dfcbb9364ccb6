// The server says "3 hours ago" and the exact time in UTC. Here the exact time moves to the reader's zone,
// and the relative one stays true while the page is open.
const language = document.documentElement.lang;
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const steps = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];

const say = (moment) => {
  const seconds = (Date.now() - moment) / 1000;
  for (const [unit, size] of steps) {
    if (seconds >= size) return relative.format(-Math.floor(seconds / size), unit);
  }
  return null;
};

const update = (root) => {
  for (const time of root.querySelectorAll("time[data-ago]")) {
    const moment = new Date(time.dateTime);
    time.title = exact.format(moment);
    const text = say(moment);
    if (text) time.textContent = text;
  }
};

update(document);
setInterval(() => update(document), 60000);
document.addEventListener("results", () => update(document));
