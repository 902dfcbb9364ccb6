"""``/api/v1/notes``: the caller's notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import abort, url_for
from msgspec import UNSET, Meta, Struct, UnsetType

from hipflask import api
from hipflask import lazy_gettext as _

from ...extensions import hip
from ...note_lists import Filters, NoteList
from ...notes import LONGEST_BODY, LONGEST_TITLE, Note, Notes
from .caller import caller

notes = api.Resource("notes", "/notes", "What the caller wrote.", version="updated_at")

_SPACES = r"\x00-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What ``strip`` takes away. Spelt out: each language means something else by ``\\s``."""

Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_TITLE,
        pattern=rf"^[^\x00]*[^{_SPACES}][^\x00]*$",
        extra={"expects": _("Give it a title of 1 to 200 characters.")},
    ),
]
Body = Annotated[str, Meta(max_length=LONGEST_BODY, pattern=r"^[^\x00]*$")]
Sort = Literal["-created_at", "created_at", "-updated_at", "updated_at", "title", "-title"]
Moment = Annotated[datetime, Meta(tz=True)]
Words = Annotated[str, Meta(max_length=100, pattern=r"^[^\x00]*$")]

EXPORT_PIECE = 500


class NewNote(Struct, forbid_unknown_fields=True):
    """What a new note says."""

    title: Title
    body: Body = ""


class NotePatch(Struct, forbid_unknown_fields=True):
    """What is to be changed; the rest stays."""

    title: Title | UnsetType = UNSET
    body: Body | UnsetType = UNSET


class NewNotes(Struct, forbid_unknown_fields=True):
    """Notes that are written together, or not at all."""

    items: Annotated[list[NewNote], Meta(min_length=1, max_length=100)]


class WrittenNotes(Struct):
    """The notes that were written, in the order in which they came."""

    items: list[Note]


class ListQuery(api.Fields, forbid_unknown_fields=True):
    """Which notes, in which order."""

    q: Words = ""
    sort: Sort = "-created_at"
    created_since: Moment | UnsetType = UNSET
    updated_since: Moment | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    after: str = ""

    @property
    def filters(self) -> Filters:
        """What the database is asked for."""
        return Filters(
            words=self.q.strip(),
            created_since=None if self.created_since is UNSET else self.created_since,
            updated_since=None if self.updated_since is UNSET else self.updated_since,
        )


class ExportQuery(Struct, forbid_unknown_fields=True):
    """Which notes."""

    q: Words = ""


@notes.get()
def index(query: ListQuery) -> api.Page[Note]:
    """List notes.

    `q` searches title and text; `next` is the address of the following page.
    """
    found = _list(query.sort, query.filters, query.after)
    page = found.first(query.limit)
    following = {"after": api.pack(*page.place)} if page.place else None
    return api.Page(page.rows, following and _address(query, **following))


@notes.post()
def create(body: NewNote) -> api.Created[Note]:
    """Write a note."""
    note = _notes().create(body.title.strip(), body.body)
    return api.Created(note, url_for("api.notes.show", note_id=note.id))


@notes.post("/bulk")
def create_many(body: NewNotes) -> api.Created[WrittenNotes]:
    """Write up to 100 notes, all or none."""
    written = _notes().create_many([(each.title.strip(), each.body) for each in body.items])
    return api.Created(WrittenNotes(written), url_for("api.notes.index"))


@notes.get("/export")
def export(query: ExportQuery) -> api.Export[Note]:
    """Take all notes along, the oldest first.

    As CSV, or as NDJSON with `Accept: application/x-ndjson`.
    """
    return api.Export(_every(Filters(words=query.q.strip())), "notes")


@notes.get("/<uuid:note_id>")
def show(note_id: UUID) -> Note:
    """Read a note."""
    return _notes().get(note_id) or abort(404)


@notes.patch("/<uuid:note_id>", raises=["conflict"])
def change(note_id: UUID, body: NotePatch, match: api.Match) -> Note:
    """Change what is sent, and leave the rest."""
    note = _notes().get(note_id) or abort(404)
    match.check(note)
    texts = api.patched(body, title=note.title, body=note.body)
    seen = note.updated_at if match.is_asked else None
    changed = _notes().change(note_id, texts["title"].strip(), texts["body"], seen)
    if changed is None and match.is_asked:
        raise match.lost()
    return changed or abort(404)


@notes.delete("/<uuid:note_id>")
def delete(note_id: UUID, match: api.Match) -> None:
    """Delete a note."""
    if match.is_asked:
        match.check(_notes().get(note_id) or abort(404))
    if _notes().delete(note_id) is None:
        abort(404)


def _notes() -> Notes:
    return Notes(hip.db, caller())


def _list(sort: str, filters: Filters, cursor: str) -> NoteList:
    column, descending = sort.removeprefix("-"), sort.startswith("-")
    key = str if column == "title" else datetime
    place = api.unpack(cursor, tuple[key, UUID]) if cursor else None  # type: ignore[valid-type]
    return NoteList(hip.db, caller(), column, descending, filters, place)


def _address(query: ListQuery, **more: str) -> str:
    """Return the address of this list from another place on."""
    asked = {
        "q": query.q or None,
        "sort": query.sort if query.sort != "-created_at" else None,
        "created_since": _moment(query.created_since),
        "updated_since": _moment(query.updated_since),
        "fields": query.fields or None,
        "limit": query.limit,
    }
    return url_for("api.notes.index", **{**asked, **more})


def _moment(moment: datetime | UnsetType) -> str | None:
    return None if moment is UNSET else moment.isoformat()


def _every(filters: Filters) -> Iterator[Note]:
    """Yield all notes; each piece is a short query of its own, however slowly the caller reads."""
    found = NoteList(hip.db, caller(), "created_at", descending=False, filters=filters)
    while True:
        page = found.first(EXPORT_PIECE)
        yield from page.rows
        if page.place is None:
            return
        found = found.from_place(page.place)
