"""Keeps an installation running in the foreground or behind, says every process that dies, stops all cleanly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType

from deploy.local import lock, proc
from deploy.local.daemon import Daemon, leashed
from deploy.local.engine import Say, say, temporal_binary
from deploy.local.errors import AlreadyRunning, LaunchError
from deploy.local.installation import Installation
from deploy.local.places import CHECKOUT, Kind, forget, state_folder

KINDS: dict[str, Kind] = {"demo": "demonstration", "up": "real"}
NAMES: dict[Kind, str] = {"demonstration": "démonstration", "real": "installation réelle"}
WHAT = {
    "portal": "le portail : appels, demandes, reçus ; à ouvrir dans un navigateur",
    "backoffice": "le back-office : dossiers, jury, conventions, versements ; à ouvrir dans un navigateur",
    "audit": "chaînes de preuve et traces (gRPC, OTLP)",
    "intake": "appels, demandes, pièces, courriers (gRPC)",
    "review": "recevabilité, instruction, jury, décisions (gRPC)",
    "payments": "enveloppes, conventions, versements (gRPC)",
    "worker": "enchaînements et échéances (gRPC, santé seule)",
    "mover": "horloge de la démonstration (gRPC)",
    "temporal": "moteur (gRPC)",
    "temporal_ui": "pages du moteur, à ouvrir dans un navigateur",
    "postgres": "base de données",
}
NEXT: dict[Kind, str] = {
    "demonstration": "À ouvrir : le portail ou le back-office, « Se connecter », puis choisir qui être.\n"
    "À lire, depuis un autre terminal : ./jalon applications list ;"
    " ./jalon application show 2023-004 ; ./jalon call show ; ./jalon verify ; ./jalon --help",
    "real": "Pour commencer : ./jalon call check RÈGLEMENT.json, puis ./jalon call import RÈGLEMENT.json --as"
    " ID-PERSONNE ; un modèle : rehearsal/editions/2023/rulebook.json",
}
RESTARTS = 5  # of one process; beyond, it stays down and says so


def foreground(kind: Kind) -> int:
    """Start, play the rehearsal when it is the demonstration, stay until Ctrl-C. Already running: says where, and
    plays on (it resumes from what is there)."""
    try:
        return supervise(kind, play=kind == "demonstration")
    except AlreadyRunning as error:
        say(str(error))
        return _play_and_show(_installation(kind))


def detach(command: str) -> int:
    """Start in the background, wait until it serves, play, return."""
    kind = KINDS[command]
    installation = _installation(kind)
    if lock.holder(installation.folder):
        say(f"L'installation tourne déjà ({installation.folder}) : make down l'arrête.")
    else:
        if not os.environ.get("TEMPORAL_ADDRESS"):
            temporal_binary()  # the long step, if any, is watched from here
        _start_behind(command, installation)
    return _play_and_show(_installation(kind))  # read again: its ports may have moved


def supervise(kind: Kind, *, play: bool) -> int:
    """Be the parent of every process until asked to end (SIGINT, SIGTERM)."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        asked.append(number)
        if len(asked) == 1 and not started:
            raise KeyboardInterrupt

    started = False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ask)
    installation = _installation(kind)
    began = time.monotonic()
    try:
        installation.start()
        started = True
    except KeyboardInterrupt:
        say("Démarrage interrompu : tout est arrêté.")
        return 130
    say(f"Jalon ({NAMES[kind]}) est prêt en {time.monotonic() - began:.1f} s.")
    try:
        played = _play(installation, asked=asked) if play else 0
        if not asked:
            _show_next(installation)
            say("Ctrl-C arrête tout et garde les données." if sys.stdin.isatty() else "En marche.")
        _watch(installation, until=lambda: bool(asked))
    finally:
        say("Arrêt en cours…")
        installation.stop()
    say("Tout est arrêté ; les données sont gardées.")
    return 0 if asked else played


def down() -> int:
    """Stop both installations of this checkout."""
    stopped = [name for kind, name in NAMES.items() if _stop(kind)]
    say(f"Arrêté : {', '.join(stopped)}. Les données sont gardées." if stopped else "Rien ne tournait.")
    return 0


def reset() -> int:
    """Stop both and remove their folders; says what it removes."""
    folders = {kind: state_folder(kind) for kind in NAMES if state_folder(kind).exists()}
    for kind, folder in folders.items():
        _stop(kind)
        forget(folder)
        say(f"Supprimé : {folder} ({NAMES[kind]} : base, moteur, fichiers, clés, journaux).")
    if not folders:
        say("Rien à oublier : aucune installation ici.")
    return 0


def status() -> int:
    """What runs, where it answers and the memory of each process."""
    for kind, name in NAMES.items():
        running = lock.holder(state_folder(kind)) is not None
        print(f"{name} : {'en marche' if running else 'arrêtée'} ({state_folder(kind)})")
        if running:
            known = _installation(kind).known()
            show(known.get("addresses", {}), say=print)
            for process, pid in known.get("pids", {}).items():
                print(f"  {process:<10} pid {pid}  {proc.memory_mb(pid or 0):7.1f} Mo")
    return 0


def show(addresses: Mapping[str, str], *, say: Say = say) -> None:
    """Where each process answers, and what it is."""
    for name, address in addresses.items():
        say(f"  {name:<12} {address:<24} {WHAT[name]}")


def _show_next(installation: Installation) -> None:
    show(installation.addresses)
    say(NEXT[installation.kind])


def _installation(kind: Kind) -> Installation:
    return Installation.create(
        state_folder(kind),
        kind=kind,
        database_url=os.environ.get("DATABASE_URL") or None,
        temporal_address=os.environ.get("TEMPORAL_ADDRESS") or None,
    )


def _play_and_show(installation: Installation) -> int:
    played = _play(installation) if installation.kind == "demonstration" else 0
    _show_next(installation)
    return played


def _watch(installation: Installation, *, until: Callable[[], bool]) -> None:
    """Say every death at once, and start the process again a few times, said too."""
    restarts: dict[str, int] = {}
    while not until():
        for daemon in installation.daemons():
            if daemon.exit_code is not None and restarts.get(daemon.name, 0) <= RESTARTS:
                restarts[daemon.name] = restarts.get(daemon.name, 0) + 1
                _revive(daemon, attempt=restarts[daemon.name])
                installation.save(running=True)
        time.sleep(0.3)


def _revive(daemon: Daemon, *, attempt: int) -> None:
    say(f"{daemon.name} s'est arrêté {daemon.ending()} ; journal : {daemon.program.log}")
    if attempt > RESTARTS:
        say(f"{daemon.name} reste arrêté après {RESTARTS} reprises : corriger, puis make down et relancer.")
        return
    try:
        daemon.start()
        say(f"{daemon.name} est reparti ({attempt}/{RESTARTS}).")
    except LaunchError as error:
        say(str(error))


def _play(installation: Installation, *, asked: list[int] | None = None) -> int:
    """Play the call in a demonstration; it resumes from what is there. The installation is watched meanwhile."""
    if os.environ.get("DEMO_PLAY") == "0":
        return 0
    command = leashed([sys.executable, "-m", "rehearsal"], signal.SIGTERM)
    # In a session of its own: Ctrl-C reaches us alone, and we ask the player to end.
    player = subprocess.Popen(command, env=installation.environment("rehearsal"), cwd=CHECKOUT, start_new_session=True)
    _watch(installation, until=lambda: player.poll() is not None or bool(asked))
    if player.poll() is None:
        player.send_signal(signal.SIGINT)
        try:
            player.wait(10)
        except subprocess.TimeoutExpired:
            player.kill()
    code = player.wait()
    if code and not asked:
        say(f"La répétition s'est arrêtée avant la fin (code {code}) : make demo la reprend où elle en est.")
    return code


def _start_behind(command: str, installation: Installation) -> None:
    log = installation.folder / "logs" / "supervisor.log"
    with log.open("wb") as output:
        behind = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", command, "--supervise"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=CHECKOUT,
            start_new_session=True,
        )
    began = time.monotonic()
    while installation.known().get("supervisor") != behind.pid:  # written when everything serves
        if behind.poll() is not None:
            said = log.read_text(errors="replace").strip().splitlines()
            raise LaunchError(said[-1] if said else f"Le démarrage a échoué ; voir {log}.")
        time.sleep(0.1)
    say(f"Jalon ({NAMES[installation.kind]}) est prêt en {time.monotonic() - began:.1f} s ; make down l'arrête.")


def _stop(kind: Kind) -> bool:
    folder = state_folder(kind)
    holder = lock.holder(folder)
    if holder is None:
        return False
    os.kill(holder, signal.SIGTERM)
    deadline = time.monotonic() + 90
    while lock.holder(folder) is not None:
        if time.monotonic() > deadline:
            raise LaunchError(f"Le processus {holder} ne s'arrête pas : kill -9 {holder}, puis relancer.")
        time.sleep(0.1)
    return True
