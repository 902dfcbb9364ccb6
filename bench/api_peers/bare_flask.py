"""The peer without a framework around it: Flask, psycopg, PyJWT, jsonify, written by hand.

The same three routes under the same row-level security: the token is verified (and, like ours,
remembered), each request is one transaction with the user's role and claims.
"""

from __future__ import annotations

import functools
import json
import os

import jwt
from flask import Flask, jsonify, request
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

app = Flask(__name__)
pool = ConnectionPool(
    os.environ["DATABASE_URL"], min_size=4, max_size=4, open=True, kwargs={"row_factory": dict_row}
)
keys = jwt.PyJWKClient(f"{os.environ['SUPABASE_URL']}/auth/v1/.well-known/jwks.json")


@functools.lru_cache(maxsize=1000)
def claims_of(token):
    key = keys.get_signing_key_from_jwt(token).key
    return jwt.decode(token, key, algorithms=["ES256"], audience="authenticated")


def caller():
    return claims_of(request.headers["Authorization"].removeprefix("Bearer "))


def as_user(connection, claims):
    connection.execute(
        "select set_config('role', 'authenticated', true),"
        " set_config('request.jwt.claims', %s, true)",
        [json.dumps(claims)],
    )


@app.get("/api/v1/me")
def me():
    claims = caller()
    return jsonify(id=claims["sub"], email=claims["email"])


@app.get("/api/v1/notes")
def notes():
    claims = caller()
    limit = int(request.args.get("limit", 20))
    with pool.connection() as connection:
        as_user(connection, claims)
        rows = connection.execute(
            "select id, title, body, created_at, updated_at from public.notes"
            " where deleted_at is null order by created_at desc, id desc limit %s",
            [limit + 1],
        ).fetchall()
    return jsonify(
        items=rows[:limit], next=str(rows[limit - 1]["id"]) if len(rows) > limit else None
    )


@app.post("/api/v1/notes")
def create():
    claims = caller()
    sent = request.get_json()
    title, body = sent["title"], sent.get("body", "")
    if not isinstance(title, str) or not 0 < len(title) <= 200 or not isinstance(body, str):
        return jsonify(error="title and body must be texts"), 422
    with pool.connection() as connection:
        as_user(connection, claims)
        row = connection.execute(
            "insert into public.notes (title, body) values (%s, %s)"
            " returning id, title, body, created_at, updated_at",
            [title, body],
        ).fetchone()
    return jsonify(row), 201, {"Location": f"/api/v1/notes/{row['id']}"}
