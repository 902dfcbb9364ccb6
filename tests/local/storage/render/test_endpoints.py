"""``/render/image/…`` as it runs: who gets which picture with which headers."""

from __future__ import annotations

import jwt
import psycopg
import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.render.asking import Asker, assert_refused
from tests.local.storage.render.pictures import ACCEPT, BLUE, RED, alike, file_of, halves
from tests.local.storage.render.test_refusals import (
    INVALID,
    TOO_LARGE,
    TOO_MANY_PIXELS,
    png_claiming,
)

PNG = file_of(halves())
JPEG = file_of(halves(), "JPEG", quality=95)
ALL_WAYS = ("public", "authenticated", "sign")
OFF = pytest.mark.supabase(storage={"image_transformation": {"enabled": False}})


@pytest.fixture
def service(backend: SupabaseBackend) -> Asker:
    """Somebody whom no policy stops, with a public bucket ``pub`` and a private one ``own``."""
    asker = Asker(backend, backend.service_role_key)
    asker.make("pub", public=True)
    asker.make("own")
    for bucket in ("pub", "own"):
        asker.upload(f"{bucket}/a b.png".replace(" ", "%20"), PNG, cache_control="max-age=60")
        asker.upload(f"{bucket}/a.jpg", JPEG, "image/jpeg", cache_control="max-age=60")
    return asker


@pytest.fixture
def nobody(backend: SupabaseBackend) -> Asker:
    """Somebody without any key, such as an ``<img>`` in a page."""
    return Asker(backend)


def owners_read_their_own(backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(
            "create policy mine on storage.objects to authenticated"
            " using (owner_id = (select auth.uid())::text)"
            " with check (owner_id = (select auth.uid())::text)"
        )


# Pictures


def test_a_page_shows_a_public_picture_smaller(service: Asker, nobody: Asker) -> None:
    answer = nobody.render("public", "pub/a%20b.png", width=100, height=50)
    image = answer.picture
    assert (image.format, image.size) == ("PNG", (100, 50))
    assert alike(image, (10, 25), RED)
    assert alike(image, (90, 25), BLUE)


def test_resizes_as_asked(service: Asker, nobody: Asker) -> None:
    for resize, size in (("cover", (60, 60)), ("contain", (60, 30)), ("fill", (60, 60))):
        answer = nobody.render("public", "pub/a.jpg", width=60, height=60, resize=resize)
        assert answer.picture.size == size, resize
    squeezed = nobody.render("public", "pub/a.jpg", width=60, height=60, resize="fill").picture
    assert alike(squeezed, (28, 30), RED)
    assert alike(squeezed, (32, 30), BLUE)


def test_without_a_wish_the_picture_keeps_its_size(service: Asker, nobody: Asker) -> None:
    answer = nobody.render("public", "pub/a.jpg")
    assert answer.picture.size == (400, 200)
    assert "X-Transformations" not in answer.headers


def test_a_browser_that_takes_webp_gets_it(service: Asker, nobody: Asker) -> None:
    browser = {"accept": ACCEPT}
    answer = nobody.render("public", "pub/a.jpg", headers=browser, width=40)
    assert answer.picture.format == "WEBP"
    assert answer.headers["Vary"] == "Accept"
    # What was rendered for one is not served to the other.
    assert nobody.render("public", "pub/a.jpg", width=40).picture.format == "JPEG"
    origin = nobody.render("public", "pub/a.jpg", headers=browser, width=40, format="origin")
    assert origin.picture.format == "JPEG"
    assert "Vary" not in origin.headers
    avif = nobody.render("public", "pub/a.jpg", width=40, format="avif")
    assert avif.picture.format == "AVIF"


def test_a_replaced_picture_is_rendered_anew(service: Asker, nobody: Asker) -> None:
    for image, left in ((halves(), RED), (halves().rotate(180), BLUE)):
        service.upload("pub/a.jpg", file_of(image, "JPEG"), "image/jpeg")
        assert alike(nobody.render("public", "pub/a.jpg", width=40).picture, (5, 10), left)


def test_svg_goes_out_without_its_script(service: Asker, nobody: Asker) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><rect/></svg>'
    service.upload("pub/a.svg", svg, "image/svg+xml")
    answer = nobody.render("public", "pub/a.svg", width=10)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert b"<rect" in answer.body
    assert b"script" not in answer.body


# Headers


def test_the_headers_are_the_sources_with_the_wish(service: Asker, nobody: Asker) -> None:
    answer = nobody.render("public", "pub/a.jpg", width=40, height=30, quality=50, gravity="no")
    source = nobody("GET", "/object/public/pub/a.jpg")
    for name in ("ETag", "Last-Modified", "Cache-Control", "X-Robots-Tag", "Accept-Ranges"):
        assert answer.headers[name] == source.headers[name], name
    assert answer.headers["Cache-Control"] == "max-age=60"
    assert answer.headers["X-Robots-Tag"] == "none"
    assert answer.headers["X-Transformations"] == (
        "height:30,width:40,resizing_type:fill,quality:50,gravity:no"
    )
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert "Content-Disposition" not in answer.headers


def test_download_names_the_file(service: Asker, nobody: Asker) -> None:
    answer = nobody.render("public", "pub/a.jpg", width=4, download="ein Bild.jpg")
    name = "ein%20Bild.jpg"
    assert answer.headers["Content-Disposition"] == (
        f"attachment; filename={name}; filename*=UTF-8''{name}"
    )
    unnamed = nobody.render("public", "pub/a.jpg", width=4, download="")
    assert unnamed.headers["Content-Disposition"] == "attachment;"


def test_head_says_what_get_would(service: Asker, nobody: Asker) -> None:
    got = nobody.render("public", "pub/a.jpg", width=40)
    head = nobody("HEAD", "/render/image/public/pub/a.jpg?width=40")
    assert (head.status, head.body) == (200, b"")
    assert dict(head.headers) | {"Date": ""} == dict(got.headers) | {"Date": ""}


def test_what_the_browser_has_is_not_sent_again(service: Asker, nobody: Asker) -> None:
    etag = nobody.render("public", "pub/a.jpg", width=40).headers["ETag"]
    answer = nobody.render("public", "pub/a.jpg", headers={"if_none_match": etag}, width=40)
    assert (answer.status, answer.body) == (304, b"")
    assert (answer.headers["ETag"], answer.headers["Vary"]) == (etag, "Accept")
    other = nobody.render("public", "pub/a.jpg", headers={"if_none_match": '"x"'}, width=40)
    assert other.status == 200
    assert other.headers["Cache-Control"] == "max-age=60, stale-while-revalidate=30"


def test_head_and_info_of_an_object_repeat_the_wish(service: Asker, nobody: Asker) -> None:
    for method, path in (
        ("HEAD", "/object/public/pub/a.jpg"),
        ("GET", "/object/info/public/pub/a.jpg"),
        ("HEAD", "/object/pub/a.jpg"),
        ("GET", "/object/info/pub/a.jpg"),
    ):
        answer = nobody(method, f"{path}?width=9999&resize=contain")
        assert answer.status == 200, path
        assert answer.headers["X-Transformations"] == "width:2500,resizing_type:fit", path
        assert "X-Transformations" not in nobody(method, path).headers
        assert nobody(method, f"{path}?width=x").status == 400, path


# Who


def test_a_private_picture_is_its_owners(
    service: Asker, backend: SupabaseBackend, nobody: Asker
) -> None:
    owners_read_their_own(backend)
    ann, ben = (
        Asker(backend, backend.signed_in(f"{name}@example.com").access_token)
        for name in ("ann", "ben")
    )
    anon = Asker(backend, backend.anon_key)
    ann.upload("own/ann.png", PNG)
    assert ann.render("authenticated", "own/ann.png", width=40).picture.size == (40, 20)
    for other in (ben, anon):
        for _ in range(2):  # it lies rendered in memory by now
            answer = other.render("authenticated", "own/ann.png", width=40)
            assert_refused(answer, "404", "NoSuchKey", "Object not found", error="not_found")
    hidden = nobody.render("public", "own/ann.png", width=40)
    assert_refused(hidden, "404", "NoSuchBucket", "Bucket not found", error="Bucket not found")


def test_policies_decide_in_a_public_bucket_too(service: Asker, backend: SupabaseBackend) -> None:
    anon = Asker(backend, backend.anon_key)
    answer = anon.render("authenticated", "pub/a.jpg", width=40)
    assert_refused(answer, "404", "NoSuchKey", "Object not found", error="not_found")


@pytest.mark.parametrize(
    ("token", "message"),
    [("", "Invalid Compact JWS"), ("x", "Invalid Compact JWS")],
    ids=["none", "no token"],
)
def test_a_token_is_needed(
    service: Asker, backend: SupabaseBackend, token: str, message: str
) -> None:
    answer = Asker(backend, token).render("authenticated", "own/a.jpg", width=40)
    assert_refused(answer, "403", "AccessDenied", message, error="Unauthorized")


def test_policies_see_the_operation(service: Asker, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(
            "create policy seen on storage.objects for select to anon"
            " using (storage.operation() = 'storage.render.image_authenticated')"
        )
    anon = Asker(backend, backend.anon_key)
    assert anon.render("authenticated", "own/a.jpg", width=40).status == 200
    assert anon("GET", "/object/authenticated/own/a.jpg").status == 400


# Signed


def test_a_signed_url_shows_the_picture_as_signed(service: Asker, nobody: Asker) -> None:
    path = service.sign("own/a%20b.png", {"width": 60, "height": 60, "resize": "contain"})
    assert path.startswith("/render/image/sign/own/a b.png?token=")
    path = path.replace(" ", "%20")
    answer = nobody("GET", path)
    assert answer.picture.size == (60, 30)
    assert answer.headers["X-Transformations"] == "height:60,width:60,resizing_type:fit"
    assert "Expires" in answer.headers
    assert "Cache-Control" not in answer.headers
    # Whoever has the URL cannot ask for another size.
    assert nobody("GET", f"{path}&width=400&height=200").picture.size == (60, 30)
    assert nobody("HEAD", path).status == 200


def test_the_token_carries_the_wish_first(service: Asker, backend: SupabaseBackend) -> None:
    path = service.sign(
        "own/a.jpg", {"width": "10", "height": 9000, "quality": 30, "format": "webp"}
    )
    claims = jwt.decode(
        path.partition("token=")[2],
        backend.jwt_secret,
        algorithms=["HS256"],
        options={"verify_exp": False, "verify_iat": False},
    )
    assert list(claims) == ["transformations", "format", "url", "scope", "iat", "exp"]
    assert claims["transformations"] == (
        "height:2500,width:10,resize:undefined,quality:30,format:webp"
    )
    assert (claims["format"], claims["url"], claims["scope"]) == ("webp", "own/a.jpg", "download")


@pytest.mark.parametrize("transform", [{}, {"format": "origin"}, {"width": 0}])
def test_without_a_wish_the_object_itself_is_signed(service: Asker, transform: object) -> None:
    assert service.sign("own/a.jpg", transform).startswith("/object/sign/own/a.jpg?token=")


def test_a_token_for_the_object_renders_it_whole(service: Asker, nobody: Asker) -> None:
    token = service.sign("own/a.jpg").partition("?")[2]
    assert nobody("GET", f"/render/image/sign/own/a.jpg?{token}").picture.size == (400, 200)


def test_a_signed_url_ends(service: Asker, nobody: Asker, backend: SupabaseBackend) -> None:
    path = service.sign("own/a.jpg", {"width": 40})
    backend.clock.advance(seconds=61)
    message = '"exp" claim timestamp check failed'
    assert_refused(nobody("GET", path), "400", "InvalidJWT", message)


def test_a_token_is_good_for_its_picture_alone(service: Asker, nobody: Asker) -> None:
    path = service.sign("own/a.jpg", {"width": 40})
    other = nobody("GET", path.replace("own/a.jpg", "own/a%20b.png"))
    assert_refused(other, "400", "InvalidSignature", "Invalid signature")
    upload = service("POST", "/object/upload/sign/own/new.jpg", {}).json["token"]
    answer = nobody("GET", f"/render/image/sign/own/new.jpg?token={upload}")
    assert_refused(answer, "400", "InvalidSignature", "Token is not scoped for download")


def test_a_tampered_token_is_refused(
    service: Asker, nobody: Asker, backend: SupabaseBackend
) -> None:
    path = service.sign("own/a.jpg", {"width": 40})
    token = path.partition("token=")[2]
    claims = jwt.decode(token, options={"verify_signature": False})
    claims["transformations"] = "width:400"
    forged = jwt.encode(claims, "somebody else's secret of 32 bytes", algorithm="HS256")
    head, _, signature = token.split(".")
    swapped = f"{head}.{forged.split('.')[1]}.{signature}"
    for wrong in (forged, swapped):
        answer = nobody("GET", f"/render/image/sign/own/a.jpg?token={wrong}")
        assert_refused(answer, "400", "InvalidJWT", "signature verification failed")
    missing = nobody("GET", "/render/image/sign/own/a.jpg")
    message = "querystring must have required property 'token'"
    assert_refused(missing, "400", "InvalidRequest", message, error="Error")


def test_what_the_owner_may_not_see_is_not_signed(service: Asker, backend: SupabaseBackend) -> None:
    owners_read_their_own(backend)
    ann = Asker(backend, backend.signed_in("ann@example.com").access_token)
    answer = ann("POST", "/object/sign/own/a.jpg", {"expiresIn": 60, "transform": {"width": 4}})
    assert_refused(answer, "404", "NoSuchKey", "Object not found", error="not_found")


# Refusals


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("width=abc", "width must be integer"),
        ("width=1.5", "width must be integer"),
        ("height=-1", "height must be >= 0"),
        ("width=1&width=2", "width must be integer"),
        ("resize=crop", "resize must be equal to one of the allowed values"),
        ("format=png", "format must be equal to one of the allowed values"),
        ("quality=10", "quality must be >= 20"),
        ("quality=101", "quality must be <= 100"),
    ],
)
@pytest.mark.parametrize("way", ["public", "authenticated"])
def test_a_wrong_wish_is_refused_as_the_validator_does(
    nobody: Asker, way: str, query: str, complaint: str
) -> None:
    answer = nobody("GET", f"/render/image/{way}/pub/a.jpg?{query}")
    assert_refused(answer, "400", "InvalidRequest", f"querystring/{complaint}", error="Error")


@pytest.mark.parametrize(
    ("transform", "complaint"),
    [
        ("x", " must be object"),
        ([], " must be object"),
        ([{"width": 4}], " must be object"),
        ({"width": "x"}, "/width must be integer"),
        ({"width": [1, 2]}, "/width must be integer"),
        ({"quality": 1}, "/quality must be >= 20"),
        ({"resize": {}}, "/resize must be string"),
        ({"gravity": "fp"}, " must have required property 'x_offset'"),
    ],
)
def test_a_wrong_wish_is_not_signed(service: Asker, transform: object, complaint: str) -> None:
    body = {"expiresIn": 60, "transform": transform}
    answer = service("POST", "/object/sign/own/a.jpg", body)
    assert_refused(answer, "400", "InvalidRequest", f"body/transform{complaint}", error="Error")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"%PDF-1.7 and so on", INVALID),
        (b"<html><script>alert(1)</script></html>", INVALID),
        (JPEG[:300], INVALID),
        (png_claiming(10_000, 5_001), TOO_MANY_PIXELS),
        (PNG + bytes(25_000_000), TOO_LARGE),
    ],
    ids=["pdf", "html", "cut short", "too many pixels", "too many bytes"],
)
def test_what_is_no_picture_or_too_large_is_refused(
    service: Asker, nobody: Asker, content: bytes, message: str
) -> None:
    service.upload("pub/wrong.png", content)
    answer = nobody.render("public", "pub/wrong.png", width=40)
    assert_refused(answer, "400", "InvalidRequest", message)
    assert nobody.render("public", "pub/a.jpg", width=40).status == 200


def test_what_is_not_there_is_not_rendered(
    service: Asker, nobody: Asker, backend: SupabaseBackend
) -> None:
    missing = nobody.render("public", "pub/none.png", width=40)
    assert_refused(missing, "404", "NoSuchKey", "Object not found", error="not_found")
    no_bucket = nobody.render("public", "none/a.png", width=40)
    assert_refused(no_bucket, "404", "NoSuchBucket", "Bucket not found", error="Bucket not found")
    nobody.render("public", "pub/a.jpg", width=40)
    assert service("DELETE", "/object/pub/a.jpg").status == 200
    gone = nobody.render("public", "pub/a.jpg", width=40)
    assert_refused(gone, "404", "NoSuchKey", "Object not found", error="not_found")
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute("insert into storage.objects (bucket_id, name) values ('pub', 'row')")
    by_hand = nobody.render("public", "pub/row", width=40)
    assert_refused(by_hand, "404", "NoSuchKey", "Object not found", error="not_found")


def test_an_unknown_way_is_no_route(nobody: Asker) -> None:
    answer = nobody("GET", "/render/image/other/pub/a.png?width=1")
    message = "Route GET:/render/image/other/pub/a.png?width=1 not found"
    assert_refused(answer, "404", "InvalidRequest", message, error="Not Found", http=404)


# Switched off


@OFF
@pytest.mark.parametrize("way", ALL_WAYS)
def test_switched_off_it_says_so(service: Asker, nobody: Asker, way: str) -> None:
    answer = nobody.render(way, "pub/a.jpg", width=40)
    message = (
        "feature not enabled for this tenant: config.toml says"
        " storage.image_transformation.enabled = false"
    )
    assert_refused(answer, "403", "FeatureNotEnabled", message, http=403)


@OFF
def test_switched_off_the_object_itself_is_signed(service: Asker) -> None:
    assert service.sign("own/a.jpg", {"width": 4}).startswith("/object/sign/own/a.jpg?token=")
