"""What ties a terminal to its hub: the code, the authority, the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.enrolment_rules import ca_file, certificates
from config.loader import load
from config.problems import ConfigError
from config.schema import TerminalConfig
from tests.config.files import TERMINAL, write
from tests.signalling.hub.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def test_an_authority_is_taken_as_text_and_as_a_file(tmp_path: Path, authority: Authority) -> None:
    text = authority.ca.read_text()
    assert certificates(text)
    assert ca_file(str(authority.ca)) == ""
    assert certificates(f"# Zürich\n{text}# and\n{text}") == 2 * text
    path = write(tmp_path, f'{TERMINAL}ca = """\n{text}"""\n')
    assert load(path, TerminalConfig).config.ca == text


def test_half_a_certificate_and_a_key_are_none(tmp_path: Path, authority: Authority) -> None:
    text = authority.ca.read_text()
    authority.write()
    for wrong in (text[: len(text) // 2], (tmp_path / "hub.key").read_text(), "Zürich"):
        assert not certificates(wrong)
        file = tmp_path / "wrong.pem"
        file.write_text(wrong, encoding="latin-1")
        assert "holds a certificate" in ca_file(str(file))


def test_one_authority_is_enough(tmp_path: Path, authority: Authority) -> None:
    both = f'{TERMINAL}ca_file = "{authority.ca}"\nca = """\n{authority.ca.read_text()}"""\n'
    with pytest.raises(ConfigError, match="nothing, because ca has the authority's text"):
        load(write(tmp_path, both), TerminalConfig)
