"""The files of `deploy/` are sound, as far as nginx, systemd and a parser of YAML can tell."""

import re
import shutil
import subprocess
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from comments_service.config import PREFIX, VARIABLES
from tests.support.proxy import NO_NGINX, PROGRAM, deployed, lay_out
from tests.support.server import free_ports

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*"))
SERVICES = [unit for unit in UNITS if unit.suffix == ".service"]
PAGE = (ROOT / "docs" / "scale.md").read_text()


def name_of(path: Path) -> str:
    return path.name


def assert_right(*words: str | Path) -> None:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_is_named_on_the_page_about_growing() -> None:
    files = [path.name for path in DEPLOY.rglob("*") if path.is_file()]
    assert [name for name in files if name not in PAGE] == []


def test_every_setting_in_them_is_one() -> None:
    known = {PREFIX + name for name in VARIABLES}
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            assert set(re.findall(rf"{PREFIX}[A-Z_]+", path.read_text())) <= known, path


@pytest.mark.skipif(PROGRAM is None, reason=NO_NGINX)
def test_nginx_takes_its_files(tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not on this machine, to make a certificate")
    pem = [tmp_path / name for name in ("key.pem", "fullchain.pem")]
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=comments.example"]
    assert_right(openssl, *words, "-keyout", pem[0], "-out", pem[1])
    site = deployed("site.conf", tmp_path)
    site = site.replace("/etc/ssl/comments", str(tmp_path)).replace("443", str(free_ports()))
    assert_right(PROGRAM or "", "-t", "-c", lay_out(tmp_path, site), "-p", tmp_path)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=name_of)
def test_systemd_takes_its_units(unit: Path, tmp_path: Path) -> None:
    for each in UNITS:
        text = each.read_text().replace("/opt/comments/bin/comments-service", "/bin/true")
        (tmp_path / each.name).write_text(text.replace("User=comments", "User=root"))
    assert_right("systemd-analyze", "verify", "--man=no", tmp_path / unit.name)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_finds_the_service_shut_in(tmp_path: Path) -> None:
    """By its own measure of exposure, from 0 to 10, here in tenths."""
    unit = DEPLOY / "systemd" / "comments.service"
    assert_right("systemd-analyze", "security", "--offline=true", "--threshold=20", unit)


@pytest.fixture
def compose() -> dict[str, Any]:
    yaml: Any = pytest.importorskip("yaml")
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    return read


def test_the_parts_of_the_compose_file_fit(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"database", "schema", "node-1", "node-2", "proxy"}
    for name, service in services.items():
        assert "image" in service, name
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service.get("networks", ())) <= set(compose["networks"]), name
    nodes = (DEPLOY / "compose" / "nodes.conf").read_text()
    assert set(re.findall(r"server ([\w-]+):8000", nodes)) == {"node-1", "node-2"}


def test_the_nodes_of_the_compose_file_trust_its_proxy_alone(compose: dict[str, Any]) -> None:
    """What reaches the proxy by way of the network's gateway may say of itself what it likes."""
    (network,) = compose["networks"]["inside"]["ipam"]["config"]
    address = ip_address(compose["services"]["proxy"]["networks"]["inside"]["ipv4_address"])
    assert address in ip_network(network["subnet"])
    assert address not in ip_network(network["ip_range"]), "another container may get it"
    for node in ("node-1", "node-2"):
        trusted = compose["services"][node]["environment"]["COMMENTS_TRUSTED_PROXIES"]
        assert ip_network(trusted) == ip_network(address)


def test_what_the_compose_file_brings_along_is_there(compose: dict[str, Any]) -> None:
    folder = DEPLOY / "compose"
    brought = [volume.split(":")[0] for volume in compose["services"]["proxy"]["volumes"]]
    assert [path for path in brought if not (folder / path).is_file()] == []
    build = compose["services"]["node-1"]["build"]
    assert (folder / build["context"] / build["dockerfile"]).is_file()


def test_the_compose_file_has_no_secret_in_it(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "SECRET" in name:
                assert value.startswith("${"), name
            assert "@database" not in value or ":${POSTGRES_PASSWORD" in value
