"""nginx as `deploy/nginx` has it, on loopback: those files, with this machine's paths and ports."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.server import free_ports, wait_until_ready

DEPLOYED: Final = Path(__file__).parents[2] / "deploy" / "nginx"
PROGRAM: Final = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
NO_NGINX: Final = "nginx is not on this machine (Debian: apt-get install nginx)"
_NODE: Final = re.compile(r"server 10\.0\.0\.\d+:8000 (.*);")
_MAIN: Final = """
{user}
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    {temporary}
    {http}
    {servers}
}}
"""
_SERVER: Final = "server {{ listen 127.0.0.1:{port}; {headers} include {folder}/locations.conf; }}"


def deployed(name: str, folder: Path) -> str:
    """One of the files, with what it keeps, logs and includes inside `folder`."""
    text = (DEPLOYED / name).read_text()
    for path in ("/var/cache/nginx/comments", "/var/log/nginx", "/etc/nginx/comments"):
        text = text.replace(path, str(folder))
    return text


def lay_out(folder: Path, servers: str, nodes: Sequence[int] = (8000, 8000)) -> Path:
    """The files in a folder, and a main file that has them all; its path."""
    written = iter(nodes)
    listed = _NODE.sub(
        lambda found: f"server 127.0.0.1:{next(written)} {found[1]};",
        deployed("nodes.conf", folder),
    )
    assert next(written, None) is None, "the file has another number of nodes"
    (folder / "nodes.conf").write_text(listed)
    for name in ("cache.conf", "locations.conf"):
        (folder / name).write_text(deployed(name, folder))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    main = _MAIN.format(
        user="user root;" if os.geteuid() == 0 else "",
        folder=folder,
        temporary=" ".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds),
        http="" if "cache.conf" in servers else "".join(
            f"include {folder}/{name};" for name in ("cache.conf", "nodes.conf")
        ),
        servers=servers,
    )  # fmt: skip
    path = folder / "nginx.conf"
    path.write_text(main)
    return path


@contextmanager
def proxied(nodes: Sequence[int], folder: Path) -> Iterator[str]:
    """The address of an nginx before nodes on these ports; skips where there is none."""
    if PROGRAM is None:
        pytest.skip(NO_NGINX)
    folder.mkdir()
    port = free_ports()
    headers = " ".join(re.findall("add_header .*;", deployed("site.conf", folder)))
    server = _SERVER.format(port=port, folder=folder, headers=headers)
    main = lay_out(folder, server, nodes)
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [PROGRAM, "-c", main, "-p", folder], stdout=output, stderr=output
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(process, f"{url}/healthz", folder / "output")
        yield url
    finally:
        process.terminate()
        process.wait(30)
