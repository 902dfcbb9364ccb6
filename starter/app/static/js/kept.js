// Uploads that are under way are kept in the browser's own database, the file with them, so that a reload, or
// a visit another day, goes on where it stopped. Where there is no such database, they are not kept.
const asked = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const open = () => {
  const request = indexedDB.open("files", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("uploads", { keyPath: "id" });
  return asked(request);
};

const inStore = async (mode, action) => {
  const database = await open();
  try {
    return await asked(action(database.transaction("uploads", mode).objectStore("uploads")));
  } finally {
    database.close();
  }
};

// A record: id, user, folder, file, address, ticket, paused.
export const keep = (record) => inStore("readwrite", (store) => store.put(record)).catch(() => {});
export const forget = (id) => inStore("readwrite", (store) => store.delete(id)).catch(() => {});

// Those of this user. Somebody else's, who used this browser before, are thrown away.
export const kept = async (user) => {
  try {
    const every = await inStore("readonly", (store) => store.getAll());
    await Promise.all(every.filter((record) => record.user !== user).map((record) => forget(record.id)));
    return every.filter((record) => record.user === user);
  } catch {
    return [];
  }
};
