"""`natsuin up`: the whole stack of the Procfile on this machine, until Ctrl-C; says when it is ready and where to go."""

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import typer
from honcho.environ import parse_procfile
from honcho.manager import Manager
from honcho.printer import Printer

from app.cli.access import database
from app.cli.output import NO, Refusal, answering, people, waiting
from app.config import Config
from app.operator.clients import NewApplication, add_application
from app.store import parties
from app.store.database import Database

ROOT = Path(__file__).parent.parent.parent
DEMO = ("ca", "relying")
DEMO_NAME = "青葉電子契約 (demo)"
READY_WITHIN_S = 60


def up() -> None:
    """Run everything that the Procfile names; DEMO=0 leaves the demo out."""
    with answering(False), waiting("Getting ready to start", False), database() as (config, opened):
        demo = os.environ.get("DEMO", "1") != "0"
        parts = {name: command for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items() if wanted(name, demo)}
        require_free(config, demo)
        if demo:
            register_demo(opened, config.data / "demo" / "client.json", f"http://localhost:{config.port + 1}/back")
    manager = Manager(Printer(sys.stdout))
    environment = os.environ | {
        "NATSUIN_DATA": str(config.data),
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "PYTHONUNBUFFERED": "1",
    }
    for name, command in parts.items():
        manager.add_process(name, command, env=environment, cwd=str(ROOT))
    threading.Thread(target=announce, args=(config, demo), daemon=True).start()
    manager.loop()
    raise typer.Exit(NO if manager.returncode not in (0, 130, 143, -2, -15) else 0)


def wanted(name: str, demo: bool) -> bool:
    """Leave out the demo where it is not asked for, and what the settings place elsewhere."""
    if name in DEMO:
        return demo
    elsewhere = {"redis": "NATSUIN_REDIS_URL", "sam": "NATSUIN_SAM"}
    return elsewhere.get(name, "") not in os.environ


def require_free(config: Config, demo: bool) -> None:
    """Refuse to start on ports that another program has; raises Refusal."""
    for port in (config.port, *((config.port + 1, config.port + 2, config.port + 3) if demo else ())):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((config.host, port))
            except OSError:
                raise Refusal(f"Port {port} is in use. Is Natsuin running already? Else choose another with NATSUIN_PORT.") from None


def register_demo(opened: Database, file: Path, return_url: str) -> None:
    """Give the demo relying application its client id and secret, once, in a file that only this user reads."""
    if file.is_file():
        client_id = json.loads(file.read_text())["client_id"]
        if opened.read_now(parties.application, client_id) is not None:
            return
    application, secret = add_application(opened, NewApplication(name=demo_name(opened), code=True, return_urls=[return_url], for_all=True))
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump({"client_id": application.client_id, "client_secret": secret, "return_urls": [return_url]}, out)


def demo_name(opened: Database) -> str:
    taken = {one.name for one in opened.read_now(parties.all_applications)}
    return next(name for name in (DEMO_NAME, *(f"{DEMO_NAME} {number}" for number in range(2, 1_000))) if name not in taken)


def announce(config: Config, demo: bool) -> None:
    """Wait until every part answers, then say where to go."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not is_ready(config, demo):
        if time.monotonic() > deadline:
            people.print(f"\n[yellow]Not ready after {READY_WITHIN_S} s.[/] Look at the lines above, and ask `natsuin doctor`.\n")
            return
        time.sleep(0.2)
    lines = ["", f"[bold green]Natsuin is ready[/] at [bold]{config.origin}[/]  (data in {config.data}; Ctrl-C stops)"]
    if demo:
        lines += [
            f"  demo application   http://localhost:{config.port + 1}   upload a PDF and have it signed",
            f"  demo CA            http://localhost:{config.port + 2}   EST on https://localhost:{config.port + 3}",
        ]
    lines += ["  next               .venv/bin/natsuin signer add taro --name '山田 太郎'   then open the link on the phone", ""]
    people.print("\n".join(lines))


def is_ready(config: Config, demo: bool) -> bool:
    """Tell whether the web server, through it the SAM, and the demo answer."""
    try:
        ask = Request(f"http://localhost:{config.port}/health", method="GET")  # always our own http address
        with urlopen(ask, timeout=2) as answer:  # noqa: S310
            ready = json.load(answer)["ok"] is True
        for port in (config.port + 1, config.port + 2, config.port + 3) if demo else ():
            with socket.create_connection(("localhost", port), timeout=1):
                pass
    except (URLError, OSError, ValueError, KeyError):
        return False
    return ready
