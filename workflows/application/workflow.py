"""The life of one application: received, examined, paid. Each line of ``run`` is a stage module."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from workflows.application.paying import Paying
    from workflows.application.receiving import Receiving
    from workflows.application.state import ApplicationState
    from workflows.state import Context


@workflow.defn(name="ApplicationWorkflow")
class ApplicationWorkflow(Receiving, Paying):
    """One entity for the whole life: what is received (``receiving``), what is decided (``examining``), what is paid
    (``paying``); withdrawal, deadlines and the end cross them."""

    @workflow.init
    def __init__(self, state: ApplicationState) -> None:
        super().__init__(state)

    @workflow.run
    async def run(self, state: ApplicationState) -> None:
        """Lives until nothing is left that a timer must watch; what comes later is a reopening from stored state."""
        await self.live()

    def closed(self) -> bool:
        """True two months and a day after the last notified decision."""
        return self.state.ended

    async def lapse(self, name: str, context: Context) -> None:
        """A deadline passed: each asks the service that owns what was awaited."""
        kind, _, item = name.partition("/")
        match kind:
            case "full_application":
                await self.lapse_full_application(context)
            case "correction":
                await self.lapse_correction(context)
            case "opinion":
                await self.lapse_opinion(context, item)
            case "waiting_list":
                await self.lapse_waiting_list(context)
            case "legal_entity":
                await self.lapse_legal_entity(context)
            case "agreement":
                await self.lapse_agreement(context)
            case "report":
                await self.lapse_report(context)
            case "tacit_refusal":
                self.write_to_applicant(context, "tacit_refusal_born")
            case "end":
                self.state.ended = True
