"""``python -m deploy.local demo|up|down|reset|status|engine|compose``: what the Makefile's targets call."""

from __future__ import annotations

import argparse
import errno
import os
import sys

from deploy.local import compose, engine, supervisor, temporal
from deploy.local.errors import LaunchError


def main(arguments: list[str]) -> int:
    """Exit code: 0 done, 1 refused with one sentence, else the code of the program that was run."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Jalon sur une seule machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, said in (("demo", "la démonstration : l'appel 2023 rejoué"), ("up", "une installation réelle, vide")):
        command = commands.add_parser(name, help=said)
        command.add_argument("--detach", action="store_true", help="rendre la main, tout continue")
        command.add_argument("--supervise", action="store_true", help=argparse.SUPPRESS)
    commands.add_parser("down", help="arrêter les deux, garder les données")
    commands.add_parser("reset", help="tout oublier : données, clés, journaux")
    commands.add_parser("status", help="ce qui tourne, où, avec quelle mémoire")
    commands.add_parser("compose", help="préparer clés et variables pour docker compose")
    commands.add_parser("namespace", help="préparer l'espace de Jalon dans le Temporal de TEMPORAL_ADDRESS")
    built = commands.add_parser("engine", help="construire un programme du moteur et dire où il est")
    built.add_argument("name", nargs="?", default="temporal", choices=sorted(engine.PACKAGES))
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except KeyboardInterrupt:
        print("Interrompu.", file=sys.stderr)
        return 130
    except LaunchError as error:
        print(error, file=sys.stderr)
    except PermissionError as error:
        print(f"Pas le droit d'écrire {error.filename} : relancer avec le compte qui l'a créé.", file=sys.stderr)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("Disque plein : libérer de la place, puis relancer (rien n'est perdu).", file=sys.stderr)
    return 1


def _run(chosen: argparse.Namespace) -> int:
    match chosen.command:
        case "demo" | "up":
            kind = supervisor.KINDS[chosen.command]
            if chosen.supervise:
                return supervisor.supervise(kind, play=False)
            if chosen.detach:
                return supervisor.detach(chosen.command)
            return supervisor.foreground(kind)
        case "down":
            return supervisor.down()
        case "reset":
            return supervisor.reset()
        case "status":
            return supervisor.status()
        case "compose":
            return compose.prepare()
        case "namespace":
            temporal.prepare_namespace(os.environ["TEMPORAL_ADDRESS"])
            return 0
        case _:
            print(engine.temporal_binary(chosen.name))
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
