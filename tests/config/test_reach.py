"""A hub that answers, and every way in which it does not, before sockets of loopback."""

from __future__ import annotations

import contextlib
import datetime
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from config.__main__ import main
from config.reach import trouble
from config.schema import TerminalConfig
from tests.config.files import write
from tests.signalling.hub.certificates import DAY_S, Authority

READY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def terminal(hub: str, ca_file: str = "") -> TerminalConfig:
    return TerminalConfig(terminal="t1", hub=hub, hub_name="main", ca_file=ca_file)


@contextlib.contextmanager
def answering(answer: bytes | None, authority: Authority | None = None) -> Iterator[int]:
    """Answer one request with these bytes, under TLS where there is an authority; None: never."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                client, _ = server.accept()
                with client:
                    if authority is not None:
                        context = authority.server()
                        client = context.wrap_socket(client, server_side=True)
                    if client.recv(4096) and answer is not None:
                        client.sendall(answer)
                    client.recv(4096)  # until the other side has seen it

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.close()
    thread.join(5)


@pytest.mark.parametrize("status", [b"200 OK", b"503 Starting"])
def test_a_hub_answers(status: bytes) -> None:
    with answering(READY.replace(b"200 OK", status)) as port:
        assert trouble(terminal(f"ws://127.0.0.1:{port}")) == ""


def test_what_answers_otherwise_is_no_hub() -> None:
    with answering(READY.replace(b"200 OK", b"404 Not Found")) as port:
        said = trouble(terminal(f"ws://127.0.0.1:{port}"))
    assert said == f"What answers at 127.0.0.1:{port} is no hub (it says 404)."


def test_what_speaks_no_http_is_told() -> None:
    with answering(b"220 mail.example ESMTP\r\n") as port:
        said = trouble(terminal(f"ws://127.0.0.1:{port}"))
    assert said == f"What answers at 127.0.0.1:{port} does not speak HTTP."


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = trouble(terminal(f"ws://127.0.0.1:{port}"))
    assert said.startswith(f"Nothing listens at 127.0.0.1:{port}:")


def test_a_hub_that_is_silent_is_not_waited_for_long() -> None:
    with answering(None) as port:
        said = trouble(terminal(f"ws://127.0.0.1:{port}"), within_s=0.2)
    assert said.startswith(f"127.0.0.1:{port} does not answer within 0.2 s:")


def test_an_unknown_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:  # as the resolver says it, and without its patience
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    said = trouble(terminal("wss://no-such-hub.invalid"))
    assert said.startswith("No address is known for no-such-hub.invalid:")


def test_an_authority_of_ones_own_is_trusted_by_its_file(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.write()
    with answering(READY, authority) as port:
        assert trouble(terminal(f"wss://127.0.0.1:{port}", str(authority.ca))) == ""
    with answering(READY, authority) as port:
        said = trouble(terminal(f"wss://127.0.0.1:{port}"))
    assert said.startswith(f"The certificate of 127.0.0.1:{port} is not trusted (")


@pytest.mark.parametrize(
    ("since_s", "todo"), [(-9 * DAY_S, "must be renewed"), (3 * DAY_S, "timedatectl set-time")]
)
def test_of_another_time_the_clock_is_asked_about(
    since_s: float, todo: str, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    authority.write(since_s=since_s, for_s=since_s + 5 * DAY_S)
    with answering(READY, authority) as port:
        said = trouble(terminal(f"wss://127.0.0.1:{port}", str(authority.ca)))
    now = datetime.datetime.now(datetime.UTC)
    assert f"and this machine's clock says {now:%Y-%m-%d}" in said
    assert todo in said


def test_plain_text_where_tls_is_expected_is_told(tmp_path: Path) -> None:
    with answering(READY) as port:
        said = trouble(terminal(f"wss://127.0.0.1:{port}", str(Authority(tmp_path).ca)))
    assert said.startswith(f"What answers at 127.0.0.1:{port} does not speak TLS (")


def test_the_command_says_it_and_its_status_too(tmp_path: Path) -> None:
    text = 'terminal = "t1"\nhub = "ws://127.0.0.1:{}"\nhub_name = "main"\n'
    with answering(READY) as port:
        path = write(tmp_path, text.format(port))
        told = CliRunner().invoke(main, ["reach", str(path)])
    assert (told.exit_code, told.output) == (0, f"The hub at ws://127.0.0.1:{port} answers.\n")
    told = CliRunner().invoke(main, ["reach", str(path)])
    assert told.exit_code == 1
    assert told.output.startswith(f"Nothing listens at 127.0.0.1:{port}:")
