"""``python -m tests.replay record``: plays a small call on an installation of its own and keeps its histories.

One release, one folder: later versions of the workflows must still replay them.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import tomllib
from pathlib import Path

from temporalio.client import Client
from temporalio.converter import PayloadCodec

from deploy.local.installation import Installation
from deploy.local.places import CHECKOUT
from kit.codec import SealedPayloads
from kit.keyring import load_ring
from tests.faults.outcome import ends_of
from tests.faults.small_call import Play, playing, small_call
from tests.replay.clear import opened
from tests.replay.corpus import NAMES, Kept, write
from workflows.contract.names import APPLICATION, CALL, JURY


async def record(installation: Installation, release: str) -> None:
    """Plays, then keeps what :data:`tests.replay.corpus.NAMES` says."""
    codec = SealedPayloads(load_ring(Path(installation.environment("rehearsal")["JALON_PAYLOAD_KEYS"])))
    async with playing(installation, small_call()) as play:
        await play.through()
        chosen = await _chosen(play)
        for name in NAMES:
            runs = await _runs(play.stage.door.client, chosen[name], codec)
            path = write(release, Kept(name, runs))
            print(f"{path.name}: {len(runs)} runs, {sum(len(run.events) for run in runs)} events")


async def _chosen(play: Play) -> dict[str, str]:
    """The workflow kept under each name."""
    stage, client = play.stage, play.stage.door.client
    ended = {end.ending.lower(): application_id for application_id, end in (await ends_of(play)).items()}
    payment_runs = sorted([item.id async for item in client.list_workflows("WorkflowType = 'PaymentRunWorkflow'")])
    others = {
        "call": CALL.id_of(stage.call_id),
        "jury": JURY.id_of(str(stage.edition.session_id)),
        "payment_run": payment_runs[0],
    }
    return {ending: APPLICATION.id_of(application_id) for ending, application_id in ended.items()} | others


async def _runs(client: Client, workflow_id: str, codec: PayloadCodec) -> tuple:  # type: ignore[type-arg]
    listed = [item async for item in client.list_workflows(f"WorkflowId = '{workflow_id}'")]
    handles = [
        client.get_workflow_handle(item.id, run_id=item.run_id) for item in sorted(listed, key=lambda i: i.start_time)
    ]
    return tuple([await opened(await handle.fetch_history(), codec) for handle in handles])


def main() -> None:
    """Starts an installation, records, forgets it."""
    if sys.argv[1:] != ["record"]:
        raise SystemExit("python -m tests.replay record")
    release = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    with tempfile.TemporaryDirectory(prefix="jalon-replay-") as folder:
        installation = Installation.create(Path(folder) / "installation")
        try:
            installation.start()
            asyncio.run(record(installation, release))
        finally:
            installation.remove()


if __name__ == "__main__":
    main()
