"""``application/<application_id>``: the whole life of one application, from deposit to the last euro."""

from workflows.application.workflow import ApplicationWorkflow

__all__ = ["ApplicationWorkflow"]
