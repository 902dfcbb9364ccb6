"""The smoke test against a real server: what passes, what is waited for, what fails it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest

from hipflask.cloudrun.smoke import SmokeTest, Visitor, run_smoke_test
from hipflask.errors import DeployError, SmokeTestFailed

LOGIN = '<form><input type="hidden" name="csrf_token" value="a&amp;b=c"></form>'


@dataclass
class Answer:
    status: int = 200
    text: str = ""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Asked:
    line: str
    headers: dict[str, str]
    form: dict[str, list[str]]


@dataclass
class Site:
    """Answers a path with its answers, one after the other; the last one stays."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def says(self, line: str, *answers: Answer) -> None:
        self.answers[line] = list(answers)

    def answer(self, line: str) -> Answer:
        left = self.answers.get(line, [Answer()])
        return left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            line = f"{self.command} {self.path}"
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            made.asked.append(Asked(line, dict(self.headers), parse_qs(body)))
            answer = made.answer(line)
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.text.encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Clock:
    """Goes on while somebody sleeps."""

    time: float = 1000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def visitor(site: Site, clock: Clock, token: str = "", **environ: str) -> Visitor:
    return Visitor(site.url, environ, token=token, now=clock.now, sleep=clock.sleep)


def expect(site: Site, clock: Clock, path: str = "/", status: int = 200) -> str:
    made = visitor(site, clock)
    try:
        return made.expect(path, status)
    finally:
        made.close()


def run(site: Site, clock: Clock, test: SmokeTest, **environ: str) -> list[str]:
    """Run it and return what was found in order."""
    made, said = visitor(site, clock, **environ), list[str]()
    try:
        run_smoke_test(test, made, said.append)
    finally:
        made.close()
    return said


def test_every_path_is_asked(site: Site, clock: Clock) -> None:
    assert run(site, clock, SmokeTest(("/health", "/a?b=c"))) == ["/health", "/a?b=c"]
    assert [asked.line for asked in site.asked] == ["GET /health", "GET /a?b=c"]


@pytest.mark.parametrize("status", [403, 404, 429, 500, 502, 503, 504])
def test_answer_that_may_pass_is_waited_for(site: Site, clock: Clock, status: int) -> None:
    site.says("GET /", Answer(status), Answer(status), Answer(text="there"))
    assert expect(site, clock) == "there"
    assert clock.time == 1004


@pytest.mark.parametrize("status", [204, 302, 400, 401, 410, 422])
def test_answer_that_stays_fails_at_once(site: Site, clock: Clock, status: int) -> None:
    site.says("GET /", Answer(status))
    with pytest.raises(SmokeTestFailed, match=f"answered {status}.*200 was expected") as caught:
        expect(site, clock)
    assert clock.time == 1000
    assert caught.value.url == site.url


def test_patience_has_an_end(site: Site, clock: Clock) -> None:
    site.says("GET /", Answer(503, "starting"))
    with pytest.raises(SmokeTestFailed, match=r"answered 503 \(“starting”\)"):
        expect(site, clock)
    assert clock.time == 1060


def test_nobody_there_is_waited_for_and_said(clock: Clock) -> None:
    with pytest.raises(SmokeTestFailed, match="does not answer"):
        expect(Site("http://127.0.0.1:9"), clock)
    assert clock.time == 1060


def test_another_status_may_be_the_right_one(site: Site, clock: Clock) -> None:
    site.says("GET /", Answer(404, "gone"))
    assert expect(site, clock, status=404) == "gone"


def test_page_is_told_without_its_markup_and_control_characters(site: Site, clock: Clock) -> None:
    page = "<style>p {}</style><h1>Not\n here</h1>\x1b[31m\x9b1m\x07" + "x" * 500
    site.says("GET /", Answer(410, page))
    with pytest.raises(SmokeTestFailed) as caught:
        expect(site, clock)
    assert "(“Not here [31m 1m xxx" in caught.value.message
    assert len(caught.value.message) < 300


def test_path_stays_on_the_site(site: Site, clock: Clock) -> None:
    expect(site, clock, "//elsewhere.example/x")
    assert len(site.asked) == 1


def test_private_service_is_told_who_asks(site: Site, clock: Clock) -> None:
    made = visitor(site, clock, token="who-i-am")
    made.expect("/")
    made.close()
    assert site.asked[0].headers["X-Serverless-Authorization"] == "Bearer who-i-am"
    assert "Authorization" not in site.asked[0].headers


SIGN_IN = SmokeTest((), "smoke@example.com", "p&ss=wörd")


def sign_in_site(site: Site, login: str = LOGIN) -> None:
    cookies = (("Set-Cookie", "csrf=1; Path=/; HttpOnly"), ("Set-Cookie", "old=x"))
    site.says("GET /login", Answer(text=login, headers=cookies))
    redirect = (("Location", "/dashboard"), ("Set-Cookie", "session=abc=; Secure"))
    taken_back = ("Set-Cookie", "old=; Max-Age=0")
    site.says("POST /login", Answer(303, headers=(*redirect, taken_back)))


def test_signs_in_by_the_form(site: Site, clock: Clock) -> None:
    sign_in_site(site)
    assert run(site, clock, SIGN_IN) == ["signed in as smoke@example.com"]
    _, post, after, _ = site.asked
    assert post.form == {
        "email": ["smoke@example.com"],
        "password": ["p&ss=wörd"],
        "csrf_token": ["a&b=c"],
    }
    assert (post.headers["Origin"], post.headers["Cookie"]) == (site.url, "csrf=1; old=x")
    assert (after.line, after.headers["Cookie"]) == ("GET /dashboard", "csrf=1; session=abc=")


def test_signs_out_again(site: Site, clock: Clock) -> None:
    sign_in_site(site)
    site.says("GET /dashboard", Answer(text=LOGIN))
    run(site, clock, SIGN_IN)
    *_, last = site.asked
    assert (last.line, last.form) == ("POST /logout", {"csrf_token": ["a&b=c"]})


@pytest.mark.parametrize(
    ("login", "token"),
    [
        ("<input value='t' type=hidden name='csrf_token' />", ["t"]),
        ('<input name="email" value="x"><input\n name="csrf_token"\n value="t">', ["t"]),
        ('<input name="csrf_token">', None),
        ("<p>no form</p>", None),
    ],
)
def test_finds_the_token_however_it_is_written(
    site: Site, clock: Clock, login: str, token: list[str] | None
) -> None:
    sign_in_site(site, login)
    run(site, clock, SIGN_IN)
    assert site.asked[1].form.get("csrf_token") == token


def test_refused_sign_in_says_what_to_check(site: Site, clock: Clock) -> None:
    sign_in_site(site)
    site.says("POST /login", Answer(422, "Wrong password"))
    with pytest.raises(SmokeTestFailed, match=r"answered 422.*a redirect was expected") as caught:
        run(site, clock, SIGN_IN)
    assert "SMOKE_PASSWORD" in caught.value.hint
    assert SIGN_IN.password not in str(caught.value)


def test_sign_in_that_leads_nowhere_fails(site: Site, clock: Clock) -> None:
    sign_in_site(site)
    site.says("GET /dashboard", Answer(302, headers=(("Location", "/login"),)))
    with pytest.raises(SmokeTestFailed, match="/dashboard answered 302"):
        run(site, clock, SIGN_IN)


def test_sign_in_page_is_waited_for_as_long_as_asked(site: Site, clock: Clock) -> None:
    site.says("GET /login", Answer(503))
    with pytest.raises(SmokeTestFailed):
        run(site, clock, SmokeTest((), "a@example.com", "x", patience=4))
    assert clock.time == 1004


def test_password_is_not_shown() -> None:
    assert "p&ss" not in repr(SIGN_IN)


FAR = "http://candidate---shop.a.run.app"


def by_proxy(site: Site, clock: Clock, **environ: str) -> Asked:
    """Ask a site that is far away, through the proxy that the environment names."""
    made = Visitor(FAR, environ, now=clock.now, sleep=clock.sleep)
    made.expect("/health")
    made.close()
    return site.asked[-1]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("form", ["http://{}", "{}", "http://{}/"])
def test_proxy_of_the_environment_is_used(site: Site, clock: Clock, name: str, form: str) -> None:
    address = form.format(site.url.removeprefix("http://"))
    assert by_proxy(site, clock, **{name: address}).line == f"GET {FAR}/health"


def test_proxy_gets_its_password(site: Site, clock: Clock) -> None:
    address = site.url.replace("http://", "http://me:p%40ss@")
    sent = by_proxy(site, clock, HTTP_PROXY=address).headers["proxy-authorization"]
    assert base64.b64decode(sent.removeprefix("Basic ")) == b"me:p@ss"


@pytest.mark.parametrize("no_proxy", ["127.0.0.1", "*", "a.example, 127.0.0.1", "{port}"])
def test_no_proxy_is_respected(site: Site, clock: Clock, no_proxy: str) -> None:
    listed = no_proxy.format(port=site.url.removeprefix("http://"))
    environ = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": listed}
    assert run(site, clock, SmokeTest(("/",)), **environ) == ["/"]


def test_other_kind_of_proxy_is_refused(site: Site, clock: Clock) -> None:
    with pytest.raises(DeployError, match="socks5") as caught:
        visitor(site, clock, ALL_PROXY="socks5://me:secret@127.0.0.1:1080")
    assert "secret" not in str(caught.value)
