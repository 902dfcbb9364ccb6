"""Who may do what under policies as they are written for hosted Supabase: the expected answers.

The tables are about what happens, not about a protocol: tests of REST and of S3 read the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Storage, sql


class Outcome(Enum):
    """What somebody gets to hear, and whether it happened."""

    DONE = "it happened"
    REFUSED = "403: it is said to be forbidden"
    HIDDEN = "404: as though there were nothing"
    NOTHING = "success, about nothing at all"
    EXISTS = "409: there is one already"


DONE, REFUSED, HIDDEN = Outcome.DONE, Outcome.REFUSED, Outcome.HIDDEN
NOTHING, EXISTS = Outcome.NOTHING, Outcome.EXISTS

#: The bucket of private files, the public one, and the one into which visitors drop things.
DOCS: Final = "rights-docs"
AVATARS: Final = "rights-avatars"
DROPBOX: Final = "rights-dropbox"
EMPTY: Final = "rights-empty"

_OWN_FOLDER: Final = "(storage.foldername(name))[1] = (select auth.uid())::text"
POLICIES: Final = (
    # Everybody has a folder of their own, named after their id.
    f"""create policy "rights: own files, select" on storage.objects for select to authenticated
        using (bucket_id = '{DOCS}' and {_OWN_FOLDER})""",
    f"""create policy "rights: own files, insert" on storage.objects for insert to authenticated
        with check (bucket_id = '{DOCS}' and {_OWN_FOLDER})""",
    f"""create policy "rights: own files, update" on storage.objects for update to authenticated
        using (bucket_id = '{DOCS}' and {_OWN_FOLDER})
        with check (bucket_id = '{DOCS}' and {_OWN_FOLDER})""",
    f"""create policy "rights: own files, delete" on storage.objects for delete to authenticated
        using (bucket_id = '{DOCS}' and {_OWN_FOLDER})""",
    # Anybody may see avatars; they are written by whom they belong to.
    f"""create policy "rights: avatars, select" on storage.objects for select
        using (bucket_id = '{AVATARS}')""",
    f"""create policy "rights: avatars, insert" on storage.objects for insert to authenticated
        with check (bucket_id = '{AVATARS}' and storage.extension(name) = 'png')""",
    f"""create policy "rights: avatars, update" on storage.objects for update to authenticated
        using (bucket_id = '{AVATARS}' and owner_id = (select auth.uid())::text)""",
    f"""create policy "rights: avatars, delete" on storage.objects for delete to authenticated
        using (bucket_id = '{AVATARS}' and owner_id = (select auth.uid())::text)""",
    # A visitor drops a file and sees none.
    f"""create policy "rights: dropbox" on storage.objects for insert to anon
        with check (bucket_id = '{DROPBOX}' and auth.role() = 'anon')""",
    """create policy "rights: buckets" on storage.buckets for select to authenticated
        using (id like 'rights-%')""",
)

PEOPLE: Final = ("anon", "other", "owner", "service")
Row = tuple[Outcome, Outcome, Outcome, Outcome]

#: On DOCS, on the owner's object and in the owner's folder.
PRIVATE: Final[Mapping[str, Row]] = {
    #                      anon     other    owner    service
    "upload": (REFUSED, REFUSED, DONE, DONE),
    "upload what exists": (REFUSED, REFUSED, EXISTS, EXISTS),
    "upsert": (REFUSED, REFUSED, DONE, DONE),
    "update": (REFUSED, REFUSED, DONE, DONE),
    "update what is missing": (REFUSED, REFUSED, DONE, DONE),
    "download": (HIDDEN, HIDDEN, DONE, DONE),
    "head": (HIDDEN, HIDDEN, DONE, DONE),
    "info": (HIDDEN, HIDDEN, DONE, DONE),
    "list": (NOTHING, NOTHING, DONE, DONE),
    "list v2": (NOTHING, NOTHING, DONE, DONE),
    "sign": (HIDDEN, HIDDEN, DONE, DONE),
    "sign many": (NOTHING, NOTHING, DONE, DONE),
    "sign upload": (REFUSED, REFUSED, DONE, DONE),
    "move": (HIDDEN, HIDDEN, DONE, DONE),
    "move to somebody else": (HIDDEN, HIDDEN, REFUSED, DONE),
    "copy": (HIDDEN, HIDDEN, DONE, DONE),
    "copy to somebody else": (HIDDEN, HIDDEN, REFUSED, DONE),
    "delete": (REFUSED, REFUSED, DONE, DONE),
    "delete many": (NOTHING, NOTHING, DONE, DONE),
}

#: On AVATARS, a public bucket, on the owner's object there.
PUBLIC: Final[Mapping[str, Row]] = {
    "upload": (REFUSED, DONE, DONE, DONE),
    "upload what exists": (REFUSED, EXISTS, EXISTS, EXISTS),
    "upsert": (REFUSED, REFUSED, DONE, DONE),
    "update": (REFUSED, REFUSED, DONE, DONE),
    "update what is missing": (REFUSED, DONE, DONE, DONE),
    "download": (DONE, DONE, DONE, DONE),
    "head": (DONE, DONE, DONE, DONE),
    "info": (DONE, DONE, DONE, DONE),
    "list": (DONE, DONE, DONE, DONE),
    "list v2": (DONE, DONE, DONE, DONE),
    "sign": (DONE, DONE, DONE, DONE),
    "sign many": (DONE, DONE, DONE, DONE),
    "sign upload": (REFUSED, DONE, DONE, DONE),
    "move": (HIDDEN, HIDDEN, DONE, DONE),
    "copy": (REFUSED, DONE, DONE, DONE),
    "delete": (REFUSED, REFUSED, DONE, DONE),
    "delete many": (NOTHING, NOTHING, DONE, DONE),
}

#: On buckets: EMPTY where it is about the bucket alone.
BUCKETS: Final[Mapping[str, Row]] = {
    "create bucket": (REFUSED, REFUSED, REFUSED, DONE),
    "get bucket": (HIDDEN, DONE, DONE, DONE),
    "list buckets": (NOTHING, DONE, DONE, DONE),
    "update bucket": (HIDDEN, HIDDEN, HIDDEN, DONE),
    "empty bucket": (REFUSED, REFUSED, REFUSED, DONE),
    "delete bucket": (HIDDEN, HIDDEN, HIDDEN, DONE),
}

#: On DROPBOX. There, `owner` is a user like any other.
DROP: Final[Mapping[str, Row]] = {
    "upload": (DONE, REFUSED, REFUSED, DONE),
    "upload what exists": (EXISTS, REFUSED, REFUSED, EXISTS),
    "upsert": (REFUSED, REFUSED, REFUSED, DONE),
    "update": (REFUSED, REFUSED, REFUSED, DONE),
    "download": (HIDDEN, HIDDEN, HIDDEN, DONE),
    "list": (NOTHING, NOTHING, NOTHING, DONE),
    "sign upload": (DONE, REFUSED, REFUSED, DONE),
    "delete": (REFUSED, REFUSED, REFUSED, DONE),
}


@dataclass(frozen=True)
class Place:
    """The object that a row of a table is about, and its neighbours."""

    bucket: str
    name: str
    new: str
    elsewhere: str

    @property
    def folder(self) -> str:
        """The folder of the object, without a trailing slash."""
        return self.name.rpartition("/")[0]


@dataclass(frozen=True)
class Scene:
    """A backend with the policies, the buckets, an object in each, and the four people."""

    backend: SupabaseBackend
    tokens: Mapping[str, str]
    places: Mapping[str, Place]

    @property
    def service(self) -> Storage:
        """Storage in the eyes of who sees everything."""
        return Storage(self.backend, self.tokens["service"])

    def storage_of(self, person: str) -> Storage:
        """Storage in the eyes of one of PEOPLE."""
        return Storage(self.backend, self.tokens[person])


def set_scene(backend: SupabaseBackend) -> Scene:
    """Make the people, the buckets and the policies, and an object of the owner's in each."""
    owner, other = backend.signed_in("owner@example.com"), backend.signed_in("other@example.com")
    mine, theirs = owner.user.id, other.user.id
    sql(backend, *POLICIES)
    tokens = {
        "anon": backend.anon_key,
        "other": other.access_token,
        "owner": owner.access_token,
        "service": backend.service_role_key,
    }
    places = {
        DOCS: Place(DOCS, f"{mine}/kept.txt", f"{mine}/new.txt", f"{theirs}/new.txt"),
        AVATARS: Place(AVATARS, "faces/kept.png", "faces/new.png", "faces/new.gif"),
        DROPBOX: Place(DROPBOX, "in/kept.txt", "in/new.txt", "in/other.txt"),
    }
    scene = Scene(backend, tokens, places)
    for bucket in (DOCS, DROPBOX, EMPTY):
        scene.service.make_bucket(bucket)
    scene.service.make_bucket(AVATARS, public=True)
    for place in places.values():
        person = "anon" if place.bucket == DROPBOX else "owner"
        scene.storage_of(person).keep(f"{place.bucket}/{place.name}")
    return scene
