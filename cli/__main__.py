"""``jalon`` / ``python -m cli``: commands and their options. Exit codes: 0 done, 1 refused or broken, 2 misused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli import application, call, places, status, stuck, trace, verify
from cli.errors import KNOWN, MISUSED, told
from cli.finding import is_id
from cli.output import Output
from cli.session import Asked, Command, complain, run
from wording import Locale, label, sentence
from wording.catalog import LOCALES

GLOBAL = ("--lang", "--as", "--role", "--state")
Json = Annotated[bool, typer.Option("--json")]
OfCall = Annotated[str, typer.Option("--call", metavar="REF")]


def main() -> None:
    """Entry of the ``jalon`` script."""
    sys.exit(execute(sys.argv[1:]))


def execute(argv: list[str]) -> int:
    """Runs one command line; returns its exit code."""
    argv = hoisted(argv)
    locale = language(argv)
    try:
        code = build(locale)(args=argv, prog_name="jalon", standalone_mode=False)
    except typer.TyperException as error:
        wrong = getattr(error, "format_message", error.__str__)()
        if wrong:  # without a word after it, the command only shows its help
            complain([label("cli.misused", locale=locale, values={"detail": wrong})])
        return MISUSED
    except typer.Abort:
        return 130
    return int(code or 0)


def hoisted(argv: list[str]) -> list[str]:
    """Options of the whole command may be written anywhere: they are moved to its front."""
    front: list[str] = []
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name, equals, _ = word.partition("=")
        if name not in GLOBAL:
            rest.append(word)
        elif equals:
            front.append(word)
        else:
            front += [word, *([value] if (value := next(words, None)) is not None else [])]
    return front + rest


def language(argv: list[str]) -> Locale:
    """The language asked; French otherwise."""
    for index, word in enumerate(argv):
        value = word.partition("=")[2] if word.startswith("--lang=") else "".join(argv[index + 1 : index + 2])
        if word.partition("=")[0] == "--lang" and value in LOCALES:
            return value
    return "fr"


def build(locale: Locale) -> typer.Typer:
    """The command with its help in a language."""

    def app(key: str) -> typer.Typer:
        return typer.Typer(help=label(key, locale=locale), add_completion=False, no_args_is_help=True)

    root, calls, applications, files = (
        app("help.jalon"),
        app("help.call"),
        app("help.applications"),
        app("help.application"),
    )
    root.callback()(_globals)
    for typed, name, function in (
        (root, "status", _status),
        (calls, "list", _call_list),
        (calls, "show", _call_show),
        (calls, "check", _call_check),
        (calls, "import", _call_import),
        (applications, "list", _applications_list),
        (files, "show", _application_show),
        (root, "trace", _trace),
        (root, "stuck", _stuck),
        (root, "verify", _verify),
        (root, "addresses", _addresses),
        (root, "demo", _demo),
    ):
        key = f"help{function.__name__}".replace("_", ".", 1)
        typed.command(name, help=label(key, locale=locale))(function)
    root.add_typer(calls, name="call")
    root.add_typer(applications, name="applications")
    root.add_typer(files, name="application")
    return root


def _globals(
    context: typer.Context,
    lang: Annotated[str, typer.Option("--lang", metavar="fr|en")] = "fr",
    person: Annotated[str, typer.Option("--as", metavar="PERSON-ID")] = "",
    role: Annotated[str, typer.Option("--role", metavar="ROLE")] = "",
    state: Annotated[Path | None, typer.Option("--state", envvar="JALON_STATE", metavar="FOLDER")] = None,
) -> None:
    if lang not in LOCALES:
        raise typer.BadParameter(", ".join(LOCALES), param_hint="--lang")
    if person and not is_id(person):
        raise typer.BadParameter(sentence("ID_INVALID", locale=lang), param_hint="--as")
    context.obj = Asked(lang, person, role.upper(), state)


def _end(context: typer.Context, command: Command, *, as_json: bool) -> None:
    raise typer.Exit(run(context.obj, command, as_json=as_json))


def _status(context: typer.Context, as_json: Json = False) -> None:
    _end(context, status.status, as_json=as_json)


def _call_list(context: typer.Context, as_json: Json = False) -> None:
    _end(context, call.list_calls, as_json=as_json)


def _call_show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF")] = "",
    as_json: Json = False,
) -> None:
    _end(context, lambda session: call.show(session, reference), as_json=as_json)


def _call_check(context: typer.Context, file: Path, as_json: Json = False) -> None:
    _end(context, lambda session: call.check(session, file), as_json=as_json)


def _call_import(
    context: typer.Context,
    file: Path,
    call_id: Annotated[str, typer.Option("--call", metavar="CALL_ID")] = "",
    fictitious: Annotated[bool, typer.Option("--fictitious")] = False,
    as_json: Json = False,
) -> None:
    _end(
        context,
        lambda session: call.import_call(session, file, call_id=call_id, fictitious=fictitious),
        as_json=as_json,
    )


def _applications_list(
    context: typer.Context,
    of_call: OfCall = "",
    stage: Annotated[list[str] | None, typer.Option("--stage", metavar="STAGE")] = None,
    query: Annotated[str, typer.Option("--query", metavar="TEXT")] = "",
    page: Annotated[str, typer.Option("--page", metavar="TOKEN")] = "",
    size: Annotated[int, typer.Option("--size", min=1, max=100)] = 25,
    as_json: Json = False,
) -> None:
    def command(session: Any) -> Any:
        return application.list_applications(session, of_call, stages=stage or [], query=query, page=page, size=size)

    _end(context, command, as_json=as_json)


def _application_show(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF")],
    of_call: OfCall = "",
    as_json: Json = False,
) -> None:
    _end(context, lambda session: application.show(session, reference, of_call=of_call), as_json=as_json)


def _trace(
    context: typer.Context,
    reference: Annotated[str, typer.Argument(metavar="REF")],
    everything: Annotated[bool, typer.Option("--all")] = False,
    as_json: Json = False,
) -> None:
    _end(context, lambda session: trace.trace(session, reference, everything=everything), as_json=as_json)


def _stuck(
    context: typer.Context,
    again: Annotated[bool, typer.Option("--ask-again")] = False,
    as_json: Json = False,
) -> None:
    _end(context, stuck.ask_all_again if again else stuck.stuck, as_json=as_json)


def _verify(context: typer.Context, as_json: Json = False) -> None:
    _end(context, verify.verify, as_json=as_json)


def _addresses(context: typer.Context, as_json: Json = False) -> None:
    _here(context, lambda out: places.addresses(out, context.obj.state), as_json=as_json)


def _demo(context: typer.Context) -> None:
    _here(context, places.demo, as_json=False)


def _here(context: typer.Context, command: Any, *, as_json: bool) -> None:
    """A command that asks no service."""
    try:
        code = command(Output(context.obj.locale, as_json=as_json))
    except KNOWN as error:
        sentences, code = told(error, locale=context.obj.locale)
        complain(sentences)
    raise typer.Exit(code)


if __name__ == "__main__":
    main()
