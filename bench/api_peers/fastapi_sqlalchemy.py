"""The peer that most templates are: FastAPI, pydantic, SQLAlchemy's ORM on psycopg, uvicorn."""

from __future__ import annotations

import functools
import json
import os
from datetime import datetime
from typing import Annotated
from uuid import UUID

import jwt
from fastapi import Depends, FastAPI, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import create_engine, func, select, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()
engine = create_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://"), pool_size=4
)
keys = jwt.PyJWKClient(f"{os.environ['SUPABASE_URL']}/auth/v1/.well-known/jwks.json")


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "notes"
    __table_args__ = ({"schema": "public"},)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    title: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    deleted_at: Mapped[datetime | None] = mapped_column(server_default=text("null"))


class Note(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    title: str
    body: str
    created_at: datetime
    updated_at: datetime


class Page(BaseModel):
    items: list[Note]
    next: str | None


class Me(BaseModel):
    id: str
    email: str


class NewNote(BaseModel):
    title: Annotated[str, Field(min_length=1, max_length=200)]
    body: Annotated[str, Field(max_length=20_000)] = ""


@functools.lru_cache(maxsize=1000)
def claims_of(token):
    key = keys.get_signing_key_from_jwt(token).key
    return jwt.decode(token, key, algorithms=["ES256"], audience="authenticated")


def caller(authorization: Annotated[str, Header()]) -> dict:
    return claims_of(authorization.removeprefix("Bearer "))


def session(claims: Annotated[dict, Depends(caller)]):
    with Session(engine) as opened, opened.begin():
        opened.execute(
            text(
                "select set_config('role', 'authenticated', true),"
                " set_config('request.jwt.claims', :claims, true)"
            ),
            {"claims": json.dumps(claims)},
        )
        yield opened


@app.get("/api/v1/me")
def me(claims: Annotated[dict, Depends(caller)]) -> Me:
    return Me(id=claims["sub"], email=claims["email"])


@app.get("/api/v1/notes")
def notes(
    tx: Annotated[Session, Depends(session)], limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Page:
    query = select(Row).where(Row.deleted_at.is_(None))
    query = query.order_by(Row.created_at.desc(), Row.id.desc()).limit(limit + 1)
    rows = tx.scalars(query).all()
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=[Note.model_validate(row) for row in rows[:limit]], next=following)


@app.post("/api/v1/notes", status_code=201)
def create(body: NewNote, tx: Annotated[Session, Depends(session)], response: Response) -> Note:
    row = Row(title=body.title, body=body.body)
    tx.add(row)
    tx.flush()
    response.headers["Location"] = f"/api/v1/notes/{row.id}"
    return Note.model_validate(row)
